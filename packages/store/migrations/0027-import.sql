-- What was brought over from another server, so that a second run adds nothing and a killed one goes on: for a folder there
-- (its name, its UIDVALIDITY) the UIDs that are here, written with the messages themselves.

-- source: `user@host:port`. mailbox_id: where they went; a row of a mailbox that is gone does not count.
CREATE TABLE import_folder (
  account_id uuid NOT NULL REFERENCES account (account_id) ON DELETE CASCADE,
  source text NOT NULL,
  folder text NOT NULL,
  uid_validity bigint NOT NULL,
  mailbox_id bigint NOT NULL,
  uids int8multirange NOT NULL,
  PRIMARY KEY (account_id, source, folder, uid_validity)
);
