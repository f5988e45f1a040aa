-- Mail on its way to other hosts: one row per message, one per recipient.

-- content: the octets' SHA-256 in table content; what is sent is prefix, then content.
-- account_id: who submitted it; null: a report of ours. No foreign key: mail of a removed account is still sent.
-- finished_at: no recipient is left to serve; the rows are kept for a while for people to look at.
CREATE TABLE queue_message (
  queue_id uuid PRIMARY KEY,
  account_id uuid,
  sender text NOT NULL,
  content bytea NOT NULL,
  prefix bytea NOT NULL,
  size integer NOT NULL,
  envelope_id text,
  return_content text CHECK (return_content IN ('full', 'headers')),
  is_eight_bit boolean NOT NULL,
  needs_smtputf8 boolean NOT NULL,
  requires_tls boolean NOT NULL,
  submitted_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz
);
CREATE INDEX queue_message_content ON queue_message (content);
CREATE INDEX queue_message_finished ON queue_message (finished_at) WHERE finished_at IS NOT NULL;

-- next_at: when a waiting recipient is due; of a claimed one, when its lease runs out. lease: the
-- fencing token of the claim, null when nobody works on it. attempts counts claims, so that a message that kills
-- its worker backs off too. last_*: the newest attempt, in the remote host's own words.
CREATE TABLE queue_recipient (
  queue_id uuid NOT NULL,
  n integer NOT NULL,
  destination text NOT NULL,
  address text NOT NULL,
  original_recipient text,
  notify text[],
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'held', 'delivered', 'bounced', 'dropped')),
  next_at timestamptz NOT NULL DEFAULT now(),
  lease uuid,
  worker text,
  attempts integer NOT NULL DEFAULT 0,
  delay_told_at timestamptz,
  last_at timestamptz,
  last_outcome text CHECK (last_outcome IN ('delivered', 'deferred', 'bounced', 'unknown')),
  last_host text,
  last_code smallint,
  last_enhanced text,
  last_text text,
  PRIMARY KEY (queue_id, n)
) WITH (fillfactor = 70);
-- Claims go by destination, so that one slow domain cannot starve the rest.
CREATE INDEX queue_recipient_due ON queue_recipient (destination, next_at) WHERE state = 'waiting';
CREATE INDEX queue_recipient_next ON queue_recipient (next_at) WHERE state = 'waiting';
CREATE INDEX queue_recipient_lease ON queue_recipient (lease) WHERE lease IS NOT NULL;
