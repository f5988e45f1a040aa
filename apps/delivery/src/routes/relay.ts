import type { Secret } from '@posthouse/config'

/** How a relay is connected to. */
export interface HopRelay {
  readonly id: string
  readonly port: number
  /** TLS from the first octet. */
  readonly implicitTls: boolean
  /** Of what follows: `verified` with `implicitTls`. */
  readonly tls: 'none' | 'opportunistic' | 'required' | 'verified'
  readonly credentials?: { readonly user: string; readonly password: Secret }
  /** The password may be told to a host that has not proved who it is. */
  readonly isAuthRisky: boolean
}

/** A host that takes mail for others from us. */
export interface Relay extends HopRelay {
  readonly host: string
  /** The rule that leads there, for people: `*`, `example.org`, `*, from ada@example.test, after 3 failures`. */
  readonly rule: string
  /** Why it cannot be used: its password does not open. */
  readonly problem?: string
}
