/** What a host says that it takes, in LIMITS (RFC 9422); infinite where it says nothing. */
export interface PeerLimits {
  /** MAILMAX: messages of one connection. */
  readonly messages: number
  /** RCPTMAX: recipients of one transaction. */
  readonly recipients: number
  /** RCPTDOMAINMAX: domains of the recipients of one transaction. */
  readonly domains: number
}

/** Reads them from the keyword's parameters: `MAILMAX=20 RCPTMAX=100`. What is no number above 0 says nothing. */
export function peerLimits(extensions: ReadonlyMap<string, string>): PeerLimits {
  const words = (extensions.get('LIMITS') ?? '').toUpperCase().split(' ')
  const of = (name: string): number => {
    const value = words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1)
    return value !== undefined && /^[1-9]\d{0,5}$/.test(value) ? Number(value) : Infinity
  }
  return { messages: of('MAILMAX'), recipients: of('RCPTMAX'), domains: of('RCPTDOMAINMAX') }
}
