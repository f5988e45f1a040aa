-- The history of Postgres that our rows belong to: the cluster's identifier and its timeline. When it is another
-- one (a standby was promoted, a backup was restored), commits may be missing that clients were told of.
CREATE TABLE lineage (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  name text NOT NULL,
  since timestamptz NOT NULL DEFAULT now()
);
