-- Segments: the facts of up to 1,024 messages of a mailbox in one row, so that listing a folder reads fifty rows and not
-- fifty thousand. Immutable, derived from message, made in the background, rebuilt at will. A message that is purged
-- takes the segments it stands in with it. Each column is packed by us; a reader takes the ones it needs.
CREATE TABLE mailbox_segment (
  account_id uuid NOT NULL,
  mailbox_id bigint NOT NULL,
  first_uid bigint NOT NULL,
  last_uid bigint NOT NULL,
  n smallint NOT NULL,
  structure bytea NOT NULL,
  header bytea NOT NULL,
  search bytea NOT NULL,
  PRIMARY KEY (account_id, mailbox_id, first_uid)
);
ALTER TABLE mailbox_segment ALTER COLUMN structure SET STORAGE EXTERNAL;
ALTER TABLE mailbox_segment ALTER COLUMN header SET STORAGE EXTERNAL;
ALTER TABLE mailbox_segment ALTER COLUMN search SET STORAGE EXTERNAL;

-- Every message below this UID stands in a segment.
ALTER TABLE mailbox_base ADD COLUMN segment_uid bigint NOT NULL DEFAULT 1;
