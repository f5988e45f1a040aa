-- What a message in the queue is, beside its octets: needed to sign it, to keep it until it is due, and to say what it was.

-- origin: who made it. author_domain: of From, as A-label, of mail that one of our accounts wrote: what it is signed for.
-- priority: of two messages to one destination the higher goes first. release_at: not before (RFC 4865); expires_at: given
-- up then, by default five days after it could first go. is_tls_optional: its sender would rather have it delivered than
-- protected (RFC 8689, TLS-Required: no).
ALTER TABLE queue_message
  ADD COLUMN origin text NOT NULL DEFAULT 'submitted' CHECK (origin IN ('submitted', 'forwarded', 'report', 'autoreply')),
  ADD COLUMN author_domain text,
  ADD COLUMN priority smallint NOT NULL DEFAULT 0,
  ADD COLUMN release_at timestamptz,
  ADD COLUMN expires_at timestamptz,
  ADD COLUMN is_tls_optional boolean NOT NULL DEFAULT false;
