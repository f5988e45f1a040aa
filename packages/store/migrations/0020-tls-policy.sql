-- What is known of other domains' TLS.

-- MTA-STS policies (RFC 8461), for all workers. policy_id: `id` of the TXT record it was fetched for. lines: as it was
-- published, for reports. tried_at: the last attempt to fetch it; failure: why that failed, if it did.
CREATE TABLE sts_policy (
  domain text PRIMARY KEY,
  policy_id text NOT NULL,
  mode text NOT NULL CHECK (mode IN ('enforce', 'testing', 'none')),
  mx text[] NOT NULL,
  lines text[] NOT NULL,
  max_age integer NOT NULL,
  fetched_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  tried_at timestamptz NOT NULL DEFAULT now(),
  failure text
);
CREATE INDEX sts_policy_expires ON sts_policy (expires_at);

-- What protected the connections to a domain's hosts: the ledger of `posthouse tls history`, and what a connection without
-- TLS is compared with. tls_days: on how many days TLS stood. policy, is_verified: of the newest connection, the same since
-- since_at. failures: in a row; last_clear_at: the newest connection that had no TLS.
CREATE TABLE tls_peer (
  domain text NOT NULL,
  mx_host text NOT NULL,
  policy text NOT NULL CHECK (policy IN ('none', 'opportunistic', 'dane', 'sts', 'relay')),
  is_verified boolean NOT NULL,
  since_at timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz NOT NULL DEFAULT now(),
  first_tls_at timestamptz,
  last_tls_at timestamptz,
  tls_days integer NOT NULL DEFAULT 0,
  protocol text,
  cipher text,
  last_failure_at timestamptz,
  failure text,
  failures integer NOT NULL DEFAULT 0,
  last_clear_at timestamptz,
  PRIMARY KEY (domain, mx_host)
) WITH (fillfactor = 80);
CREATE INDEX tls_peer_seen ON tls_peer (seen_at);
CREATE INDEX tls_peer_host ON tls_peer (mx_host);

-- What TLS reports (RFC 8460 §4) are made of: policies as they were applied, and how many sessions came to what under them.
-- policy: the SHA-256 of what it says. result: `success`, or the failure's type (§4.3), where addresses and names are kept, too.
CREATE TABLE tls_report_policy (
  policy bytea PRIMARY KEY,
  policy_type text NOT NULL CHECK (policy_type IN ('tlsa', 'sts', 'no-policy-found')),
  domain text NOT NULL,
  lines text[] NOT NULL,
  mx text[] NOT NULL
);
CREATE TABLE tls_report (
  day date NOT NULL,
  policy bytea NOT NULL,
  result text NOT NULL,
  mx_host text NOT NULL,
  mx_address text NOT NULL,
  own_address text NOT NULL,
  reason text NOT NULL,
  sessions bigint NOT NULL,
  PRIMARY KEY (day, policy, result, mx_host, mx_address, own_address, reason)
) WITH (fillfactor = 80);
