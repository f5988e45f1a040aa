-- What a message taught of its manner (how it was made, came and bears itself), beside what it taught of its content, which stands
-- in pull, squares and tokens. Both kinds of tokens are kept in the same tables; none is of both kinds.
ALTER TABLE filter_lesson
  ADD COLUMN manner_pull bigint NOT NULL DEFAULT 0,
  ADD COLUMN manner_squares bigint NOT NULL DEFAULT 0,
  ADD COLUMN manner_tokens bigint[] NOT NULL DEFAULT '{}';
