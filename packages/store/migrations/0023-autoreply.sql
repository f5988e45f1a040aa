-- Answers in an absence.

-- subject: null: `Auto:` and the subject of what is answered. Outside of from_at and until_at nothing is answered.
CREATE TABLE autoreply (
  account_id uuid PRIMARY KEY REFERENCES account (account_id) ON DELETE CASCADE,
  subject text,
  body text NOT NULL,
  from_at timestamptz,
  until_at timestamptz,
  set_at timestamptz NOT NULL DEFAULT now()
);
-- Who was answered: one row for each sender, written with the answer.
CREATE TABLE autoreply_sent (
  account_id uuid NOT NULL REFERENCES autoreply (account_id) ON DELETE CASCADE,
  sender text NOT NULL,
  sent_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, sender)
);
CREATE INDEX autoreply_sent_at ON autoreply_sent (sent_at);
