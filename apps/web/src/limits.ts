const second = 1000

/** Every number of this app, with its reason. */
export const limits = {
  /** Request line and header fields: browsers send 2 KiB, Outlook 1 KiB. Twice Node's default costs nobody anything, more does. */
  headerBytes: 16 * 1024,
  /** Header fields of a request. */
  headerFields: 64,
  /** The largest request that we want is Outlook's, of 500 octets. */
  bodyBytes: 16 * 1024,
  /** All of the header, however slowly it drips (slowloris). */
  headerMs: 10 * second,
  /** All of the request. */
  requestMs: 20 * second,
  /** Between two requests of a connection: a page and what belongs to it come at once. */
  idleMs: 5 * second,
  /** A peer that takes nothing, or says nothing, for so long is gone. */
  silentMs: 30 * second,
  /** A TLS handshake is two round trips. */
  handshakeMs: 15 * second,
  /** One client wants a handful of documents; then it may come again. */
  requestsPerConnection: 100,
  /** Connections of one address (IPv6: a /64). Browsers open six; behind one address there may be an office. */
  connectionsPerAddress: 50,
  /**
   * Requests of one address: setting up one program takes about ten, and an office that gets new computers sets up forty. A
   * burst of as much is free.
   */
  requestsPerMinute: 300,
  /** Documents that programs read change with the configuration alone; an hour is what they ask for. */
  cacheSeconds: 3600,
  /** Pages for people: what they read after a change should be new. */
  pageCacheSeconds: 300,
  /** Browsers that saw our pages over TLS come back over TLS for a day: a mistake with certificates is over by then. */
  strictTransportSeconds: 24 * 3600,
  /** How long an answer about a domain counts: a new one is served within that time. */
  domainMs: 10 * second,
  /** How long the database may take over what metrics and readiness ask: a scrape takes ten seconds at most, and asks others, too. */
  signsMs: 2 * second,
  /** Figures of the database are this old at most, while they are cheap. */
  signsFreshMs: 10 * second,
  /** They rest so many times as long as they took: a fiftieth of one connection's time. */
  signsRest: 50,
  /** Several monitors that ask for readiness at once cost as much as one. */
  readyFreshMs: second,
  /** A process that was stalled for so long is better begun anew. */
  stalledMs: 10 * second,
  /** How long it counts whether there is one domain alone: that takes counting them all, for a word on a page. */
  onlyDomainMs: 600 * second,
  /** Domains (and names that are none) that are remembered: 200 octets each. */
  domains: 10_000,
} as const
