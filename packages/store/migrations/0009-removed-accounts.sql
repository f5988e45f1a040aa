-- Accounts that were removed and can still come back: the account's row stays, its address does not. The
-- address is free for others meanwhile. Erased with the account's last mailbox when the retention is over.
CREATE TABLE removed_account (
  account_id uuid PRIMARY KEY REFERENCES account (account_id) ON DELETE CASCADE,
  domain text NOT NULL,
  local_key text NOT NULL,
  local_part text NOT NULL,
  removed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX removed_account_address ON removed_account (domain, local_key);
