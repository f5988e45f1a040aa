import type { Secret } from '@posthouse/config'
import type { Actor } from './audit.ts'

/**
 * How the connection to a relay is protected: never; where it is offered; TLS with any certificate; TLS with a certificate that
 * is valid for its name; the same from the first octet (RFC 8314 §3.3).
 */
export type RelayTls = 'none' | 'opportunistic' | 'required' | 'verified' | 'implicit'

/** Which mail a relay is for. */
export interface RelayPattern {
  /** A domain, `.example.org` for all below one, `*` for every domain. */
  readonly recipient: string
  /** An envelope sender's address, or its domain; `*` for all. */
  readonly sender: string
  /** Only after so many attempts have failed. */
  readonly afterFailures: number
}

/** A host that some mail goes through instead of the domain's own. */
export interface Relay extends RelayPattern {
  readonly id: string
  readonly host: string
  readonly port: number
  readonly tls: RelayTls
  /** Whom we sign in as; undefined: nobody. */
  readonly user: string | undefined
  /** The password may be told to a host that has not proved who it is. */
  readonly isAuthRisky: boolean
  readonly madeAt: Date
}

/** A relay that is to be made. */
export interface NewRelay extends RelayPattern {
  readonly host: string
  readonly port: number
  readonly tls: RelayTls
  readonly credentials?: { readonly user: string; readonly password: Secret }
  readonly isAuthRisky?: boolean
}

/** What came of making one. `malformed` names what cannot be. */
export type RelayMade =
  | { readonly ok: true; readonly relay: Relay }
  | {
      readonly ok: false
      readonly reason: 'malformed'
      readonly what: 'recipient' | 'sender' | 'host'
    }
  | { readonly ok: false; readonly reason: 'exists' }

/** Relays. */
export interface Relays {
  /** The most specific patterns first: the order in which they are looked at. */
  list(): Promise<readonly Relay[]>
  /** Throws SecretKeyUnfit where a password cannot be sealed. */
  add(relay: NewRelay, by: Actor): Promise<RelayMade>
  remove(pattern: RelayPattern, by: Actor): Promise<'done' | 'not-found'>
  /** What we sign in with there; undefined where it has none, or is gone. Throws SecretKeyUnfit. */
  password(id: string): Promise<Secret | undefined>
  /** Calls the listener when relays have changed, in whatever process, or may have. Returns the way to stop. */
  onChange(listener: () => void): () => void
}
