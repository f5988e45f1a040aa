-- Limits of all accounts of a domain together; no row means none. used_*: their usage as of summed_at, summed in the
-- background: a row that every delivery to a domain changed would put them all in one line.
CREATE TABLE domain_quota (
  domain text PRIMARY KEY REFERENCES domain (name) ON DELETE CASCADE,
  bytes bigint CHECK (bytes >= 0),
  messages bigint CHECK (messages >= 0),
  used_bytes bigint NOT NULL DEFAULT 0,
  used_messages bigint NOT NULL DEFAULT 0,
  summed_at timestamptz NOT NULL DEFAULT '-infinity'
);
