-- What an account sends, and what looks like somebody else using it.

-- contained_at: the account is suspected of being misused: nothing of it goes out, nothing more is taken. rule_id: the rule that
-- holds its mail (queue_rule). released_at: an operator looked; what was seen before is forgiven.
CREATE TABLE account_sending (
  account_id uuid PRIMARY KEY,
  contained_at timestamptz,
  contained_because text,
  rule_id integer,
  released_at timestamptz
);
CREATE INDEX account_sending_contained ON account_sending (contained_at) WHERE contained_at IS NOT NULL;

-- What was taken from an account, by hour (since 1970), for two days. new_recipients: those it had never written to.
CREATE TABLE account_sent (
  account_id uuid NOT NULL,
  hour integer NOT NULL,
  messages integer NOT NULL,
  new_recipients integer NOT NULL,
  PRIMARY KEY (account_id, hour)
) WITH (fillfactor = 70);

-- Whom an account has ever written to: the first eight octets of the SHA-256 of the address in lower case.
CREATE TABLE account_recipient (
  account_id uuid NOT NULL,
  recipient bigint NOT NULL,
  PRIMARY KEY (account_id, recipient)
);
INSERT INTO account_recipient (account_id, recipient)
SELECT DISTINCT c.account_id,
  ('x' || encode(substring(sha256(convert_to(lower(c.address), 'UTF8')) FROM 1 FOR 8), 'hex'))::bit(64)::bigint
FROM filter_correspondent c JOIN account a ON a.account_id = c.account_id;

-- What became of an account's mail.
CREATE INDEX queue_message_account ON queue_message (account_id, submitted_at) WHERE account_id IS NOT NULL;

-- may_send: whom the alias leads to may write as it. Aliases that were there keep what they could do.
ALTER TABLE alias_target ADD COLUMN may_send boolean NOT NULL DEFAULT true;
ALTER TABLE alias_target ALTER COLUMN may_send SET DEFAULT false;
