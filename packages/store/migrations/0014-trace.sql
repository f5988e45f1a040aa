-- What happened to a message, for people who ask: one row per event, written in the transaction of the change it tells of.
-- A partition per day (UTC), made ahead by housekeeping and dropped whole after the retention. trace_rest takes what has no
-- partition of its own (a clock that jumped): an event never makes the change fail that it tells of.
-- kind: see trace-event.ts. queue_id: of the message on its way in or out. message_id: our own, of an entry. uids: in mailbox_id.
-- id_key: 52 bits of the SHA-256 of its Message-ID. details: a JSON object.
CREATE TABLE trace (
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  kind text NOT NULL,
  account_id uuid,
  queue_id uuid,
  mailbox_id bigint,
  message_id bigint,
  uids int8multirange,
  id_key bigint,
  details json
) PARTITION BY RANGE (at);

-- Rows are written in the order of time and looked for by hardly anybody: a filter per 16 pages costs nothing to write and
-- passes over nearly all of them.
CREATE INDEX trace_find ON trace USING brin (
  account_id uuid_bloom_ops (n_distinct_per_range = 1300),
  queue_id uuid_bloom_ops (n_distinct_per_range = 1300),
  id_key int8_bloom_ops (n_distinct_per_range = 1300)
) WITH (pages_per_range = 16, autosummarize = on);

CREATE TABLE trace_rest PARTITION OF trace DEFAULT;

-- The first days; housekeeping makes the others.
DO $$
DECLARE day date;
BEGIN
  FOR n IN 0..4 LOOP
    day := (now() AT TIME ZONE 'UTC')::date + n;
    EXECUTE format('CREATE TABLE trace_%s PARTITION OF trace FOR VALUES FROM (%L) TO (%L)',
      to_char(day, 'YYYYMMDD'), to_char(day, 'YYYY-MM-DD') || ' 00:00:00+00',
      to_char(day + 1, 'YYYY-MM-DD') || ' 00:00:00+00');
  END LOOP;
END $$;
