-- The search index: the words of up to 1,024 messages that stood in one mailbox between two UIDs, a dictionary per field.
-- It can be lost without harm: what it does not know is looked up in the messages. Rows cover a mailbox from UID 1 on
-- without gaps. version: by whose rules it was made. is_stale: messages that it knows were purged. characters: of all words.
-- uids: which messages it knows, as gaps. STORAGE EXTERNAL: the dictionaries are compressed already.
CREATE TABLE search_segment (
  account_id uuid NOT NULL,
  mailbox_id bigint NOT NULL,
  first_uid bigint NOT NULL,
  last_uid bigint NOT NULL,
  version smallint NOT NULL,
  is_stale boolean NOT NULL DEFAULT false,
  messages integer NOT NULL,
  characters integer NOT NULL,
  uids bytea NOT NULL,
  from_words bytea NOT NULL,
  to_words bytea NOT NULL,
  cc_words bytea NOT NULL,
  bcc_words bytea NOT NULL,
  subject_words bytea NOT NULL,
  header_words bytea NOT NULL,
  body_words bytea NOT NULL,
  PRIMARY KEY (account_id, mailbox_id, first_uid)
);
ALTER TABLE search_segment ALTER COLUMN uids SET STORAGE EXTERNAL,
  ALTER COLUMN from_words SET STORAGE EXTERNAL,
  ALTER COLUMN to_words SET STORAGE EXTERNAL,
  ALTER COLUMN cc_words SET STORAGE EXTERNAL,
  ALTER COLUMN bcc_words SET STORAGE EXTERNAL,
  ALTER COLUMN subject_words SET STORAGE EXTERNAL,
  ALTER COLUMN header_words SET STORAGE EXTERNAL,
  ALTER COLUMN body_words SET STORAGE EXTERNAL;
-- Few at a time: the keeper makes them anew.
CREATE INDEX search_segment_stale ON search_segment (account_id, mailbox_id) WHERE is_stale;
