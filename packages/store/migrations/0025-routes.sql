-- Relays that some mail goes through, and attempts of which nobody knows what came of them.

-- How often the connection was lost after the final dot: the message may have arrived each time.
ALTER TABLE queue_recipient ADD COLUMN unknowns smallint NOT NULL DEFAULT 0;

-- A relay: mail of a sender (an address, a domain, or * for all) to a recipient's domain (.example.org: what is below it; *: all)
-- goes to this host instead of the domain's own, once so many attempts have failed. The most specific row counts.
-- secret: the password, sealed under the name relay/ and the id.
CREATE TABLE relay (
  relay_id uuid PRIMARY KEY,
  recipient text NOT NULL,
  sender text NOT NULL DEFAULT '*',
  after_failures smallint NOT NULL DEFAULT 0 CHECK (after_failures >= 0),
  host text NOT NULL,
  port integer NOT NULL CHECK (port BETWEEN 1 AND 65535),
  tls text NOT NULL CHECK (tls IN ('none', 'opportunistic', 'required', 'verified', 'implicit')),
  user_name text,
  secret bytea,
  is_auth_risky boolean NOT NULL DEFAULT false,
  made_at timestamptz NOT NULL DEFAULT now(),
  CHECK ((user_name IS NULL) = (secret IS NULL))
);
CREATE UNIQUE INDEX relay_pattern ON relay (recipient, sender, after_failures);
