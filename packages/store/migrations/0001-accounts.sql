-- Who receives mail: domains, accounts, aliases; and the trail of who changed them.
-- Cold tables: foreign keys are welcome here.

-- Domains that we are the final destination of, as lower-case A-labels.
CREATE TABLE domain (
  name text PRIMARY KEY CHECK (name = lower(name) AND length(name) BETWEEN 1 AND 253),
  created_at timestamptz NOT NULL DEFAULT now()
);

-- password: argon2id in PHC form; null: nobody can log in.
CREATE TABLE account (
  account_id uuid PRIMARY KEY,
  name text NOT NULL DEFAULT '',
  password text,
  disabled_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Every address of ours, once, so that an account and an alias can never both have it.
-- local_key: NFC, lower case; local_part: as it was written. account_id null: an alias.
CREATE TABLE address (
  domain text NOT NULL REFERENCES domain (name),
  local_key text NOT NULL CHECK (length(local_key) BETWEEN 1 AND 256),
  local_part text NOT NULL,
  account_id uuid REFERENCES account (account_id) ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (domain, local_key)
);
-- The login name of an account is its one address.
CREATE UNIQUE INDEX address_account ON address (account_id) WHERE account_id IS NOT NULL;

-- Where an alias leads, in the order given. Targets may be local, remote, or not there yet.
CREATE TABLE alias_target (
  domain text NOT NULL,
  local_key text NOT NULL,
  n smallint NOT NULL,
  target_domain text NOT NULL,
  target_key text NOT NULL,
  target_local_part text NOT NULL,
  PRIMARY KEY (domain, local_key, n),
  FOREIGN KEY (domain, local_key) REFERENCES address (domain, local_key) ON DELETE CASCADE
);
CREATE INDEX alias_target_target ON alias_target (target_domain, target_key);

-- One row per administrative change, written in its transaction. Never holds secrets.
CREATE TABLE audit (
  audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  via text NOT NULL,
  os_user text NOT NULL,
  action text NOT NULL,
  object text NOT NULL,
  details jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_object ON audit (object, audit_id);
