-- Signing in: app passwords, failures that are remembered, places that are trusted.

-- Grows whenever open sessions of the account must end: another password, switched off.
ALTER TABLE account ADD COLUMN epoch integer NOT NULL DEFAULT 0;

-- Secrets of this installation that nobody chooses. Made by the process that first needs one.
CREATE TABLE server_key (
  name text PRIMARY KEY,
  key bytea NOT NULL CHECK (octet_length(key) = 32)
);

-- A password for one program of its owner's. hash: HMAC-SHA-256 of its 128 random bits under the
-- server key 'app-password'; fast, because nobody guesses 128 bits. last_*: the newest use, to the minute.
CREATE TABLE app_password (
  app_password_id uuid PRIMARY KEY,
  account_id uuid NOT NULL REFERENCES account (account_id) ON DELETE CASCADE,
  name text NOT NULL,
  hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  protocols text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  last_at timestamptz,
  last_protocol text,
  last_address inet
);
CREATE UNIQUE INDEX app_password_hash ON app_password (hash);
CREATE INDEX app_password_account ON app_password (account_id);

-- Failed sign-ins. score: their number as of at, halving with time. One row per client (an address, an
-- IPv6 /64) and login, known or not, and one with the login '' per network (/24, /64).
CREATE TABLE login_failure (
  network cidr NOT NULL,
  login text NOT NULL CHECK (length(login) <= 640),
  score double precision NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (network, login)
) WITH (fillfactor = 50);
CREATE INDEX login_failure_at ON login_failure (at);

-- Clients from which an account's owner has signed in: they are never locked out.
CREATE TABLE login_place (
  account_id uuid NOT NULL REFERENCES account (account_id) ON DELETE CASCADE,
  network cidr NOT NULL,
  first_at timestamptz NOT NULL DEFAULT now(),
  last_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, network)
);
CREATE INDEX login_place_network ON login_place (network);

-- What the operator decided about a network; the narrowest that holds counts. until null: for good.
CREATE TABLE network_rule (
  network cidr PRIMARY KEY,
  rule text NOT NULL CHECK (rule IN ('ban', 'trust')),
  until timestamptz,
  made_at timestamptz NOT NULL DEFAULT now()
);
-- Which networks hold an address: a question that a btree cannot answer.
CREATE INDEX network_rule_holds ON network_rule USING spgist (network);
