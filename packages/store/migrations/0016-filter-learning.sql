-- What the filter learns. No foreign keys: an account's memory goes with its mailboxes.
-- The nil account is the house: what it learns by itself or is taught by command.

-- What all accounts together know of a token: for each account no more than its bounded share, and apart from them what the house
-- learnt, in full. pull: towards spam (above 0) or ham; squares: of all steps; both in millionths, so that sums are exact and can
-- be taken back. spam_accounts, ham_accounts: how many pull either way. house_lessons: how many the house had.
CREATE TABLE filter_token (
  token bigint PRIMARY KEY,
  pull bigint NOT NULL,
  squares bigint NOT NULL,
  spam_accounts integer NOT NULL,
  ham_accounts integer NOT NULL,
  house_pull bigint NOT NULL,
  house_squares bigint NOT NULL,
  house_lessons integer NOT NULL,
  touched date NOT NULL
) WITH (fillfactor = 80);

-- The same for one account, in full.
CREATE TABLE filter_account_token (
  account_id uuid NOT NULL,
  token bigint NOT NULL,
  pull bigint NOT NULL,
  squares bigint NOT NULL,
  touched date NOT NULL,
  PRIMARY KEY (account_id, token)
) WITH (fillfactor = 80);

-- What each message taught, so that taught again it teaches nothing, and taught otherwise the former is taken back.
-- key: 52 bits of the SHA-256 of its octets. version: of the tokenizer. tokens: its own, so that it can be looked at again when others
-- of the other kind were taught since; empty: too old for that.
CREATE TABLE filter_lesson (
  account_id uuid NOT NULL,
  key bigint NOT NULL,
  is_spam boolean NOT NULL,
  pull bigint NOT NULL,
  squares bigint NOT NULL,
  version smallint NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  tokens bigint[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (account_id, key)
);
CREATE INDEX filter_lesson_at ON filter_lesson (at);

-- How many lessons there were. The nil account's row: the house's, and of each account's so many at most.
CREATE TABLE filter_teacher (
  account_id uuid PRIMARY KEY,
  spam integer NOT NULL,
  ham integer NOT NULL
) WITH (fillfactor = 50);

-- Messages that somebody said something of, by moving them into Junk or out of it, until they were learnt from.
-- due: not before; pushed on by whoever works on it.
CREATE TABLE filter_training (
  account_id uuid NOT NULL,
  message_id bigint NOT NULL,
  is_spam boolean NOT NULL,
  due timestamptz NOT NULL DEFAULT now(),
  attempts smallint NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, message_id)
);
CREATE INDEX filter_training_due ON filter_training (due);

-- How senders fared, in counts that halve every month. subject: `d:` an authenticated domain, `a:` an address at one,
-- `u:` an address that nothing vouches for. The nil account's rows: of all.
CREATE TABLE filter_reputation (
  account_id uuid NOT NULL,
  subject text NOT NULL,
  spam real NOT NULL,
  ham real NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, subject)
) WITH (fillfactor = 80);

-- Whom the account wrote to.
CREATE TABLE filter_correspondent (
  account_id uuid NOT NULL,
  address text NOT NULL,
  last_on date NOT NULL,
  PRIMARY KEY (account_id, address)
);

-- How often messages like one another came, by hour. After a crash it begins anew, which costs a day's memory and no WAL.
CREATE UNLOGGED TABLE filter_similar (
  sketch bigint NOT NULL,
  hour integer NOT NULL,
  seen integer NOT NULL,
  spam integer NOT NULL,
  PRIMARY KEY (sketch, hour)
) WITH (fillfactor = 80);
CREATE INDEX filter_similar_hour ON filter_similar (hour);
