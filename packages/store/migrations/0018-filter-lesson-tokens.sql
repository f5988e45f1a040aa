-- The tokens of a message that taught something, so that it can be looked at again when others of the other kind were taught since.
-- Empty: too old for that.
ALTER TABLE filter_lesson ADD COLUMN tokens bigint[] NOT NULL DEFAULT '{}';
