-- Domains that stand for others, that have an address of last resort, or that are switched off.

-- alias_of: every address of that domain is one of this domain's, too; it has none of its own then, and nothing is an alias of
-- it. disabled_at: its mail is refused and nobody of it signs in, but all is kept. catchall_*: where mail goes whose address
-- nobody has; catchall_may_send: whom that leads to may write as those addresses.
ALTER TABLE domain
  ADD COLUMN alias_of text REFERENCES domain (name),
  ADD COLUMN disabled_at timestamptz,
  ADD COLUMN catchall_domain text,
  ADD COLUMN catchall_key text,
  ADD COLUMN catchall_local_part text,
  ADD COLUMN catchall_may_send boolean NOT NULL DEFAULT true,
  ADD CONSTRAINT domain_alias_other CHECK (alias_of <> name),
  ADD CONSTRAINT domain_alias_plain CHECK (alias_of IS NULL OR catchall_domain IS NULL),
  ADD CONSTRAINT domain_catchall_whole
    CHECK (num_nulls(catchall_domain, catchall_key, catchall_local_part) IN (0, 3));
CREATE INDEX domain_alias ON domain (alias_of) WHERE alias_of IS NOT NULL;
-- Every recipient is looked for in it: it holds next to nothing.
CREATE INDEX domain_disabled ON domain (name) WHERE disabled_at IS NOT NULL;

-- Of a disabled account: mail for it is taken all the same.
ALTER TABLE account ADD COLUMN keeps_receiving boolean NOT NULL DEFAULT false;
