-- What devices fetch to set themselves up, and what a domain asks of those who send it mail.

-- A link by which a device fetches its settings, once: the app password in them is made as it does. hash: HMAC-SHA-256 of
-- the link's 128 random bits under the server key 'profile-link'. name, protocols, password_expires_at: of that password.
CREATE TABLE profile_link (
  hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
  account_id uuid NOT NULL REFERENCES account (account_id) ON DELETE CASCADE,
  name text NOT NULL,
  protocols text[] NOT NULL,
  password_expires_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
CREATE INDEX profile_link_account ON profile_link (account_id);

-- Our own MTA-STS policies (RFC 8461); a domain without a row has none. max_age: seconds.
CREATE TABLE sts_serving (
  domain text PRIMARY KEY REFERENCES domain (name) ON DELETE CASCADE,
  mode text NOT NULL CHECK (mode IN ('none', 'testing', 'enforce')),
  max_age integer NOT NULL CHECK (max_age BETWEEN 0 AND 31557600)
);
