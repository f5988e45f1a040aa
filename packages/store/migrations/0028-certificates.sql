-- Certificates of this house: those that an ACME authority issues, and those that were imported. Every process serves them.

-- name: the host's own name, or the domain whose names it is for, or for an imported one its first name.
-- names: what the present certificate is for; empty until there is one. chain: PEM, leaf first. private_key, next_key: PKCS #8,
-- sealed with the key file's key under its pin; pin, next_pin: SHA-256 of the public key, as in TLSA 3 1 1. The present key is
-- kept from renewal to renewal; a next one is made ahead where keys are to be changed, and used once next_ready_at has passed:
-- two TTLs after its record was first seen in DNS.
-- order_url, order_names, order_is_next: an order under way at the authority, so that one that was cut off is taken up again.
-- failures, retry_at, problem_kind, problem, problem_at: what went wrong last, and when it is tried again.
CREATE TABLE certificate (
  name text PRIMARY KEY,
  source text NOT NULL CHECK (source IN ('acme', 'imported')),
  names text[] NOT NULL DEFAULT '{}',
  chain text,
  pin bytea NOT NULL,
  private_key bytea NOT NULL,
  next_pin bytea,
  next_key bytea,
  next_ready_at timestamptz,
  not_before timestamptz,
  not_after timestamptz,
  issued_at timestamptz,
  renew_at timestamptz,
  order_url text,
  order_names text[],
  order_is_next boolean,
  failures integer NOT NULL DEFAULT 0,
  retry_at timestamptz,
  problem_kind text,
  problem text,
  problem_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  CHECK ((next_pin IS NULL) = (next_key IS NULL)),
  CHECK ((chain IS NULL) = (not_after IS NULL)),
  CHECK ((chain IS NULL) = (issued_at IS NULL)),
  CHECK ((order_url IS NULL) = (order_names IS NULL)),
  CHECK ((order_url IS NULL) = (order_is_next IS NULL)),
  CHECK ((problem IS NULL) = (problem_at IS NULL))
);

-- Names that a certificate should be for and is not, or could not be at the last try: why, and until when they are left out.
CREATE TABLE certificate_name (
  name text PRIMARY KEY,
  certificate text NOT NULL REFERENCES certificate (name) ON DELETE CASCADE,
  because text NOT NULL,
  failures integer NOT NULL DEFAULT 0,
  retry_at timestamptz,
  checked_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX certificate_name_certificate ON certificate_name (certificate);

-- Our account at an authority (RFC 8555 §7.3). private_key: PKCS #8, sealed. url: nothing until it is registered.
CREATE TABLE acme_account (
  directory text PRIMARY KEY,
  private_key bytea NOT NULL,
  url text,
  email text,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Questions of an authority that the web listeners of every machine answer (RFC 8555 §8.3, RFC 8737). answer: the key
-- authorization. Nothing secret.
CREATE TABLE acme_challenge (
  token text PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('http-01', 'tls-alpn-01')),
  name text NOT NULL,
  answer text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
