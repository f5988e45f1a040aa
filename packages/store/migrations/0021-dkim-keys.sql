-- The keys that outgoing mail is signed with. The record of each stands in DNS at <selector>._domainkey.<domain>.

-- state: waiting: made, and published ahead; it signs once DNS shows it. active: signs; one for each algorithm. retiring:
-- signs no more, but mail on its way still refers to it, so its record stays until retire_at. retired: its record may go; the row
-- stays, so that its selector is never used again.
-- private_key: PKCS #8, sealed with the key file's key; nothing once retired. overlap_seconds: how long the record of the one
-- before it is to stay, beyond the time that mail may wait in a queue. checked_at, finding: when DNS was last asked, and what was
-- wrong with its answer.
CREATE TABLE dkim_key (
  domain text NOT NULL REFERENCES domain (name) ON DELETE CASCADE,
  selector text NOT NULL,
  algorithm text NOT NULL CHECK (algorithm IN ('rsa-2048', 'ed25519')),
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'active', 'retiring', 'retired')),
  public_key text NOT NULL,
  private_key bytea,
  overlap_seconds integer NOT NULL CHECK (overlap_seconds >= 0),
  created_at timestamptz NOT NULL DEFAULT now(),
  activated_at timestamptz,
  retire_at timestamptz,
  retired_at timestamptz,
  checked_at timestamptz,
  finding text,
  PRIMARY KEY (domain, selector),
  CHECK ((state = 'retired') = (private_key IS NULL)),
  CHECK ((state = 'retiring') <= (retire_at IS NOT NULL))
);
-- One next and one present key of each kind: two commands at the same time, or two workers, cannot make two.
CREATE UNIQUE INDEX dkim_key_standing ON dkim_key (domain, algorithm, state) WHERE state IN ('waiting', 'active');
CREATE INDEX dkim_key_due ON dkim_key (state, checked_at) WHERE state <> 'retired';
