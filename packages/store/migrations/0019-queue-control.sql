-- Claiming at one cost however much waits; holding, pausing and suppressing mail on its way out.

-- A destination that mail waits for, or that is paused. due_at is never later than next_at of any of its waiting recipients, and
-- may be earlier: claims look here first and set it right where nothing is due after all. Whoever makes a recipient due lowers it
-- in the same transaction, or locks the row FOR KEY SHARE where it is low enough; it is raised under FOR UPDATE only.
-- resumes_at: paused until then, 'infinity' until an operator resumes it. The destination '*' stands for all of them.
CREATE TABLE queue_destination (
  destination text PRIMARY KEY,
  due_at timestamptz NOT NULL,
  resumes_at timestamptz,
  paused_at timestamptz,
  paused_by text,
  paused_because text,
  CHECK ((resumes_at IS NULL) = (paused_at IS NULL))
) WITH (fillfactor = 70);
CREATE INDEX queue_destination_due ON queue_destination (due_at) WHERE resumes_at IS NULL;
CREATE INDEX queue_destination_paused ON queue_destination (resumes_at) WHERE resumes_at IS NOT NULL;

-- priority: the sign of the message's, so that a claim looks at three places of the index and not at all that wait. held_by: an
-- operator, a rule, what watches over an account, or delivery itself. released_at: rules made before do not hold it again.
ALTER TABLE queue_recipient
  ADD COLUMN priority smallint NOT NULL DEFAULT 0 CHECK (priority BETWEEN -1 AND 1),
  ADD COLUMN held_at timestamptz,
  ADD COLUMN held_by text CHECK (held_by IN ('operator', 'rule', 'account', 'delivery')),
  ADD COLUMN held_because text,
  ADD COLUMN held_rule integer,
  ADD COLUMN released_at timestamptz;
DROP INDEX queue_recipient_due;
DROP INDEX queue_recipient_next;
CREATE INDEX queue_recipient_due ON queue_recipient (destination, priority, next_at) WHERE state = 'waiting';
CREATE INDEX queue_recipient_held ON queue_recipient (queue_id) WHERE state = 'held';

INSERT INTO queue_destination (destination, due_at)
SELECT destination, min(next_at) FROM queue_recipient WHERE state = 'waiting' GROUP BY destination;

-- Mail that is held when its turn comes. What is null does not matter; all that is not null must be true of it.
CREATE TABLE queue_rule (
  rule_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  because text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  sender text,
  sender_domain text,
  account_id uuid,
  destination text,
  recipient text,
  older_than_seconds double precision,
  larger_than integer,
  origin text CHECK (origin IN ('submitted', 'forwarded', 'report', 'autoreply')),
  CHECK (num_nonnulls(sender, sender_domain, account_id, destination, recipient, older_than_seconds, larger_than, origin) > 0)
);

-- Addresses that nothing is sent to. address_key: in lower case. strikes: so often in a row a host said that there is no such
-- mailbox, the last time at struck_at. since: null while there are too few. until: null for good.
CREATE TABLE suppression (
  address_key text PRIMARY KEY,
  address text NOT NULL,
  because text NOT NULL,
  made_by text NOT NULL CHECK (made_by IN ('operator', 'delivery')),
  strikes integer NOT NULL DEFAULT 0,
  struck_at timestamptz,
  since timestamptz,
  until timestamptz
);
UPDATE queue_recipient SET held_at = now(), held_by = 'operator' WHERE state = 'held';
