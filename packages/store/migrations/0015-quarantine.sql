-- What the filter said, what is kept aside, and what an operator wants of the filter.

-- The whole word of the filter on a message, written with the message: a partition per day as of the trace, and dropped with
-- its. details: a JSON object, bounded. Queue ids ascend with time, so ranges of pages tell nearly all of them apart.
CREATE TABLE verdict (
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  queue_id uuid NOT NULL,
  direction text NOT NULL CHECK (direction IN ('inbound', 'outbound')),
  action text NOT NULL,
  points real NOT NULL,
  details json NOT NULL
) PARTITION BY RANGE (at);
-- Compressed, and in its row: a value out of line is an index's work more for each message.
ALTER TABLE verdict ALTER details SET STORAGE MAIN;
CREATE INDEX verdict_find ON verdict USING brin (queue_id) WITH (pages_per_range = 16, autosummarize = on);

CREATE TABLE verdict_rest PARTITION OF verdict DEFAULT;

DO $$
DECLARE day date;
BEGIN
  FOR n IN 0..4 LOOP
    day := (now() AT TIME ZONE 'UTC')::date + n;
    EXECUTE format('CREATE TABLE verdict_%s PARTITION OF verdict FOR VALUES FROM (%L) TO (%L)',
      to_char(day, 'YYYYMMDD'), to_char(day, 'YYYY-MM-DD') || ' 00:00:00+00',
      to_char(day + 1, 'YYYY-MM-DD') || ' 00:00:00+00');
  END LOOP;
END $$;

-- Mail that was taken and is shown to nobody until an operator lets it in: a row per account it was for. Like a message it is
-- prefix, then content; unlike one it stands in no mailbox and counts against no quota. at: its internal date.
-- No foreign keys: an account that comes back finds what was kept for it.
CREATE TABLE quarantine (
  quarantine_id uuid PRIMARY KEY,
  account_id uuid NOT NULL,
  queue_id uuid NOT NULL,
  reason text NOT NULL CHECK (reason IN ('spam', 'virus', 'policy')),
  recipient text NOT NULL,
  sender text NOT NULL,
  subject text NOT NULL,
  content bytea NOT NULL,
  prefix bytea NOT NULL,
  size integer NOT NULL,
  at timestamptz NOT NULL,
  kept_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX quarantine_content ON quarantine (content);
CREATE INDEX quarantine_account ON quarantine (account_id);
CREATE INDEX quarantine_kept ON quarantine (kept_at);

-- A row only for what is not at its default. Names and values are those of filter-settings.ts.
CREATE TABLE filter_setting (
  name text PRIMARY KEY,
  value text NOT NULL
);

-- Domains and addresses that are let in or go to Junk: of one account, or (account_id null) of all.
CREATE TABLE filter_rule (
  account_id uuid REFERENCES account (account_id) ON DELETE CASCADE,
  subject text NOT NULL,
  rule text NOT NULL CHECK (rule IN ('allow', 'block')),
  made_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX filter_rule_subject ON filter_rule (account_id, subject) NULLS NOT DISTINCT;
