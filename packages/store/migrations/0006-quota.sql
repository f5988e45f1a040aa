-- Limits of an account; no row means none. Usage is not kept here: it is the sum over the account's heads,
-- which are exact, and a counter row per account would be a second hot row of every delivery.
CREATE TABLE quota (
  account_id uuid NOT NULL,
  bytes bigint CHECK (bytes >= 0),
  messages bigint CHECK (messages >= 0),
  PRIMARY KEY (account_id)
);
