-- What an account has otherwise than usual: policies of its protocols.

-- A row only for what is not at its default. Names and values are those of account-settings.ts.
CREATE TABLE account_setting (
  account_id uuid NOT NULL REFERENCES account (account_id) ON DELETE CASCADE,
  name text NOT NULL,
  value text NOT NULL,
  PRIMARY KEY (account_id, name)
);
CREATE INDEX account_setting_name ON account_setting (name);

-- Of accounts that let in one POP3 session at a time, or not too often, and of no others. holder: the
-- session that has the maildrop until held_until; a process that lives keeps moving that time on.
CREATE TABLE pop3_session (
  account_id uuid NOT NULL REFERENCES account (account_id) ON DELETE CASCADE,
  holder uuid,
  held_until timestamptz,
  login_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id)
) WITH (fillfactor = 50);
