-- How fast providers take mail from us, so that a restart, and every other worker, knows it.

-- provider: those whose MX hosts lie in one organisational domain, or a relay. source: the address of ours that they see.
-- connections: at once. rate: messages a minute since a complaint; none: as fast as it goes. ramp: messages a minute that a
-- source which is new there may send; none: it is known. ramp_at: when that last grew. suspended_until: nobody is asked
-- before; then one message goes ahead, whose worker has taken it by moving this on. suspensions: in a row; suspended_since:
-- the first of them. is_resigned: it refuses us for good, its refusals are passed on. because: `rate`, `reputation`,
-- `refused`. last_*: the words of the last complaint. max_recipients, max_messages: learnt, of a transaction and a connection.
CREATE TABLE pace (
  provider text NOT NULL,
  source text NOT NULL,
  connections real NOT NULL,
  rate real,
  ramp real,
  ramp_at timestamptz NOT NULL,
  suspended_until timestamptz,
  suspended_since timestamptz,
  suspensions smallint NOT NULL DEFAULT 0,
  is_resigned boolean NOT NULL DEFAULT false,
  because text,
  last_at timestamptz,
  last_host text,
  last_code smallint,
  last_enhanced text,
  last_text text,
  max_recipients integer,
  max_messages integer,
  delivered bigint NOT NULL DEFAULT 0,
  worker text NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (provider, source)
) WITH (fillfactor = 70);
CREATE INDEX pace_changed ON pace (changed_at);

-- Workers that live, by the address that they send from: they share what a provider allows it.
-- UNLOGGED: after a crash they say so again within seconds.
CREATE UNLOGGED TABLE pace_worker (
  worker text NOT NULL,
  source text NOT NULL,
  seen_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (worker, source)
) WITH (fillfactor = 70);
