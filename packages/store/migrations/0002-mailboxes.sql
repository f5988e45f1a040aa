-- Mailboxes: content, messages, and the log-structured index over them (docs/store.md).
-- Every key of a hot table begins with account_id. No foreign keys among hot tables: a key check
-- costs two thirds of a bulk insert, and the consistency check proves the same (I6).

-- The octets of a message as the peer sent them, once however many messages share them.
-- The first 256 KiB stand here, the rest in content_chunk. STORAGE EXTERNAL: what helps is
-- compressed by us (encoding 1), the rest is read in parts with substring().
CREATE TABLE content (
  hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  size integer NOT NULL CHECK (size >= 0),
  encoding smallint NOT NULL CHECK (encoding IN (0, 1)),
  octets bytea NOT NULL,
  last_ref timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (hash)
) WITH (fillfactor = 90);
ALTER TABLE content ALTER COLUMN octets SET STORAGE EXTERNAL;

CREATE TABLE content_chunk (
  hash bytea NOT NULL,
  n integer NOT NULL CHECK (n >= 1),
  encoding smallint NOT NULL CHECK (encoding IN (0, 1)),
  octets bytea NOT NULL,
  PRIMARY KEY (hash, n)
);
ALTER TABLE content_chunk ALTER COLUMN octets SET STORAGE EXTERNAL;

-- The immutable facts of one message in one account. What clients see is prefix, then content.
CREATE TABLE message (
  account_id uuid NOT NULL,
  message_id bigint NOT NULL,
  content bytea NOT NULL,
  size integer NOT NULL,
  prefix bytea NOT NULL,
  received_at timestamptz NOT NULL,
  envelope bytea NOT NULL,
  body bytea NOT NULL,
  body_structure bytea NOT NULL,
  parts bytea NOT NULL,
  header_size integer NOT NULL,
  header bytea,
  from_text text NOT NULL,
  to_text text NOT NULL,
  cc_text text NOT NULL,
  bcc_text text NOT NULL,
  subject text NOT NULL,
  message_id_header text,
  in_reply_to text,
  reference_ids text[] NOT NULL,
  sent_at timestamptz,
  sent_day text,
  preview text NOT NULL,
  PRIMARY KEY (account_id, message_id)
);
CREATE INDEX message_content ON message (content);

-- Ids of messages are made by the processes, a block of 1,024 at a time.
CREATE SEQUENCE message_block AS bigint;
CREATE SEQUENCE mailbox_number AS bigint;

-- Cold and wide: changes rarely. The name is the whole path, '/' between its levels.
CREATE TABLE mailbox (
  account_id uuid NOT NULL,
  mailbox_id bigint NOT NULL DEFAULT nextval('mailbox_number'),
  name text NOT NULL,
  uid_validity bigint NOT NULL CHECK (uid_validity BETWEEN 1 AND 4294967295),
  special_use text CHECK (special_use IN ('\All', '\Archive', '\Drafts', '\Flagged', '\Junk', '\Sent', '\Trash', '\Important')),
  state text NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'deleting')),
  retention interval,
  created_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  PRIMARY KEY (account_id, mailbox_id)
);
CREATE UNIQUE INDEX mailbox_name ON mailbox (account_id, name) WHERE state = 'live';
CREATE INDEX mailbox_deleting ON mailbox (deleted_at) WHERE state = 'deleting';

-- Subscriptions are by name and outlive the mailbox (RFC 3501 §6.3.6).
CREATE TABLE subscription (
  account_id uuid NOT NULL,
  name text NOT NULL,
  PRIMARY KEY (account_id, name)
);

-- Hot: the counters and the lock of a mailbox. No index but the key, so every update is HOT.
CREATE TABLE mailbox_head (
  account_id uuid NOT NULL,
  mailbox_id bigint NOT NULL,
  live boolean NOT NULL DEFAULT true,
  uid_next bigint NOT NULL DEFAULT 1 CHECK (uid_next <= 4294967296),
  modseq bigint NOT NULL,
  change_seq bigint NOT NULL DEFAULT 0,
  recent_uid bigint NOT NULL DEFAULT 1,
  total integer NOT NULL DEFAULT 0 CHECK (total >= 0),
  unseen integer NOT NULL DEFAULT 0 CHECK (unseen >= 0),
  deleted integer NOT NULL DEFAULT 0 CHECK (deleted >= 0),
  bytes bigint NOT NULL DEFAULT 0 CHECK (bytes >= 0),
  PRIMARY KEY (account_id, mailbox_id)
) WITH (fillfactor = 50);

-- Immutable: this message stands in this mailbox under this UID. Inserted and purged, never updated.
-- received: seconds since 1970. keywords: ids beyond the flag word.
CREATE TABLE entry (
  account_id uuid NOT NULL,
  mailbox_id bigint NOT NULL,
  uid bigint NOT NULL,
  message_id bigint NOT NULL,
  received bigint NOT NULL,
  modseq bigint NOT NULL,
  saved_at timestamptz NOT NULL DEFAULT now(),
  flags integer NOT NULL,
  size integer NOT NULL,
  keywords smallint[],
  PRIMARY KEY (account_id, mailbox_id, uid)
);
CREATE INDEX entry_message ON entry (account_id, message_id);

-- Append-only. A row holds n commands with the modseqs modseq-n+1 to modseq; change_seq counts
-- rows, so that a gap shows. op_id: of a MOVE, to be found again after a connection lost in COMMIT.
CREATE TABLE mailbox_log (
  account_id uuid NOT NULL,
  mailbox_id bigint NOT NULL,
  modseq bigint NOT NULL,
  change_seq bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  op_id uuid,
  n smallint NOT NULL,
  kind text NOT NULL CHECK (kind IN ('flags', 'expunge')),
  payload bytea NOT NULL,
  PRIMARY KEY (account_id, mailbox_id, modseq)
);
ALTER TABLE mailbox_log ALTER COLUMN payload SET STORAGE EXTERNAL;

-- The checkpoint: the truth up to its modseq. Its row lock serialises checkpoint and trim.
CREATE TABLE mailbox_base (
  account_id uuid NOT NULL,
  mailbox_id bigint NOT NULL,
  modseq bigint NOT NULL,
  change_seq bigint NOT NULL,
  uid_next bigint NOT NULL,
  floor bigint NOT NULL DEFAULT 0,
  expunge_floor bigint NOT NULL DEFAULT 0,
  sum bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, mailbox_id)
) WITH (fillfactor = 50);

CREATE TABLE mailbox_page (
  account_id uuid NOT NULL,
  mailbox_id bigint NOT NULL,
  first_uid bigint NOT NULL,
  last_uid bigint NOT NULL,
  modseq bigint NOT NULL,
  n smallint NOT NULL,
  sum bigint NOT NULL,
  state bytea NOT NULL,
  PRIMARY KEY (account_id, mailbox_id, first_uid)
);
ALTER TABLE mailbox_page ALTER COLUMN state SET STORAGE EXTERNAL;

-- The account's keywords; an id is never reused. Bits 5 to 31 of the flag word are ids 0 to 26.
CREATE TABLE keyword (
  account_id uuid NOT NULL,
  id smallint NOT NULL CHECK (id >= 0),
  name text NOT NULL,
  PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX keyword_name ON keyword (account_id, lower(name));
