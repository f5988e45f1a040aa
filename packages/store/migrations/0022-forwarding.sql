-- Mail that aliases and accounts pass on.

-- Where an account's mail goes on to. keeps_copy: it stays here, too.
CREATE TABLE forward (
  account_id uuid PRIMARY KEY REFERENCES account (account_id) ON DELETE CASCADE,
  keeps_copy boolean NOT NULL,
  set_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE forward_target (
  account_id uuid NOT NULL REFERENCES forward (account_id) ON DELETE CASCADE,
  n smallint NOT NULL,
  target_domain text NOT NULL,
  target_key text NOT NULL,
  target_local_part text NOT NULL,
  PRIMARY KEY (account_id, n)
);

-- Which recipients in the queue are targets of a forwarding. path: `FORWARDER>TARGET`, both as they are compared. What
-- became of them stands in queue_recipient; how a target does is read from both, and written down nowhere.
CREATE TABLE forwarding (
  path text NOT NULL,
  queue_id uuid NOT NULL,
  n integer NOT NULL,
  PRIMARY KEY (path, queue_id, n)
);
-- For purging alone. Ids ascend.
CREATE INDEX forwarding_queue ON forwarding USING brin (queue_id);

-- What was answered before resumed_at does not count any more.
CREATE TABLE forward_resume (
  path text PRIMARY KEY,
  resumed_at timestamptz NOT NULL DEFAULT now()
);

-- Keys of rewritten senders (SRS): the newest signs, older ones are still known.
CREATE TABLE srs_key (
  key bytea PRIMARY KEY,
  made_at timestamptz NOT NULL DEFAULT now()
);
-- Senders that do not fit into a local part of 64 octets, or are written in a way that another does not take.
CREATE TABLE srs_kept (
  token text PRIMARY KEY,
  address text NOT NULL,
  used_on date NOT NULL DEFAULT current_date
);
