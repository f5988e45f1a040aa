-- Senders whose mail was put off, or was let in for having come again, by account.
-- sender: `d:` a domain that vouches for the message, `n:` a network and the domain that it names.
-- passed: it came again in time. UNLOGGED: after a crash it begins anew, which costs strangers some minutes and us no WAL.
CREATE UNLOGGED TABLE greylist (
  account_id uuid NOT NULL,
  sender text NOT NULL,
  first_at timestamptz NOT NULL DEFAULT now(),
  last_at timestamptz NOT NULL DEFAULT now(),
  passed boolean NOT NULL DEFAULT false,
  PRIMARY KEY (account_id, sender)
) WITH (fillfactor = 80);
CREATE INDEX greylist_last ON greylist (last_at);
