-- What became of attempts to sign in to an account. Those that are alike are one row: successes of a day, failures of an
-- hour (slot: its beginning, UTC), by protocol, client (an address, an IPv6 /64) and kind of password.
-- result: 'ok', or the obstacle. app_password_id: the nil UUID for the account's own password.
CREATE TABLE sign_in (
  account_id uuid NOT NULL REFERENCES account (account_id) ON DELETE CASCADE,
  slot timestamptz NOT NULL,
  protocol text NOT NULL,
  client cidr NOT NULL,
  result text NOT NULL,
  app_password_id uuid NOT NULL,
  times integer NOT NULL,
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, slot, protocol, client, result, app_password_id)
) WITH (fillfactor = 70);
-- Rows go by their age, and accounts that are under attack have many.
CREATE INDEX sign_in_slot ON sign_in (slot);
