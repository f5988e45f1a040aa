-- Conversations (RFC 8474 §5.2, RFC 5256 REFERENCES), decided when a message comes in and never changed.
-- thread_id: that of the nearest message it refers to and the account has, else made from the oldest id it refers to,
-- so that answers that come first, or at the same moment, meet by themselves. id_key: its own Message-ID, to be found by
-- answers. Both are 52 bits of a SHA-256 over account and id: no account's threads depend on another's mail.
ALTER TABLE message ADD COLUMN thread_id bigint, ADD COLUMN id_key bigint;
UPDATE message SET
  thread_id = ('x' || left(encode(sha256(convert_to(account_id || ' '
    || coalesce(reference_ids[1], in_reply_to, message_id_header, '#' || message_id), 'UTF8')), 'hex'), 13))::bit(52)::bigint,
  id_key = CASE WHEN message_id_header IS NOT NULL
    THEN ('x' || left(encode(sha256(convert_to(account_id || ' ' || message_id_header, 'UTF8')), 'hex'), 13))::bit(52)::bigint END;
ALTER TABLE message ALTER COLUMN thread_id SET NOT NULL;
CREATE INDEX message_id_key ON message (account_id, id_key) WHERE id_key IS NOT NULL;
