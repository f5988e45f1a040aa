import { createPrivateKey, X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { TlsContext } from '@posthouse/line-server'
import { certificateNames, plainServerName } from './certificate-names.ts'
import { certificateExpiry } from './metrics.ts'

/** A certificate chain and its key, as PEM. */
export interface TlsMaterial {
  readonly cert: string
  readonly key: string
}

/**
 * The certificates of the moment: one of the server's own, which is always there, and any number for other names. They can be
 * changed while sessions go on; handshakes that begin then use the new ones.
 */
export interface TlsSource extends TlsContext {
  /**
   * TLS 1.2 or later. By name, exactly or by a wildcard (RFC 9525 §6.3): one that is not over, then one that somebody brought,
   * then the exact one. Else the host name's, then the server's own; never nothing, because clients ask for the strangest names.
   */
  current(serverName?: string): SecureContext
  /** The PEM texts of the same, for libraries that make their own context. */
  material(serverName?: string): TlsMaterial
  /** The server's own, which serves where no other does. */
  own(): TlsMaterial
  /** Calls back after each change; returns how to stop that. */
  onChange(listener: () => void): () => void
  /**
   * Takes another one of the server's own.
   *
   * @throws Error when certificate and key are not a pair or cannot be read; the old ones stay.
   */
  replace(material: TlsMaterial): void
  /**
   * Takes these for the names that they are for, instead of those it was given before. One that cannot be used is given back
   * with the reason; for its names what served until now goes on.
   */
  serve(certificates: readonly OfferedCertificate[]): readonly UnusableCertificate[]
}

/** A certificate for the names that are in it. */
export interface OfferedCertificate extends TlsMaterial {
  /** Somebody brought it, to be served instead of what an authority gave. */
  readonly isImported?: boolean
}

/** A certificate that cannot be served, and why. */
export interface UnusableCertificate {
  readonly cert: string
  readonly because: string
}

interface Served {
  readonly material: TlsMaterial
  /** Made at the first handshake: it costs a millisecond and 40 KB, and of a thousand domains few are asked for. */
  readonly context: () => SecureContext
  readonly names: readonly string[]
  readonly notAfter: number
  readonly isImported: boolean
}

/** By each name, all that are for it. */
type ByName = Map<string, readonly Served[]>

/**
 * A TLS source whose own certificate is from these PEM texts. `hostname`: whose certificate clients get that ask for no name
 * that is known, once there is one.
 *
 * @throws Error when certificate and key are not a pair or cannot be read.
 */
export function createTlsSource(material: TlsMaterial, hostname = ''): TlsSource {
  const host = plainServerName(hostname)
  let own = checked(material)
  let served: readonly Served[] = []
  let byName: ByName = new Map()
  const listeners = new Set<() => void>()
  const changed = (): void => {
    for (const listener of listeners) listener()
  }
  const find = (serverName: string | undefined): Served =>
    (serverName === undefined ? undefined : named(byName, plainServerName(serverName))) ??
    named(byName, host) ??
    own
  certificateExpiry.readBy(() =>
    [...new Set([find(undefined), ...[...byName.values()].flat()])].map(
      ({ names: [name = 'unnamed'], notAfter }) => [{ name }, notAfter / 1000],
    ),
  )
  return {
    current: (serverName) => taken(find(serverName), own).context(),
    material: (serverName) => taken(find(serverName), own).material,
    own: () => own.material,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    replace(next) {
      own = checked(next)
      changed()
    },
    serve(certificates) {
      const { usable, unusable } = sorted(certificates, served)
      const names = mapOf(usable)
      // For the names of one that is broken, what there was before.
      if (unusable.length > 0)
        for (const [name, old] of byName) if (!names.has(name)) names.set(name, old)
      served = usable
      byName = names
      changed()
      return unusable
    },
  }
}

/** Where OpenSSL does not take one after all (too small a key, say) our own: neither a handshake nor a start is a place to fail. */
function taken(chosen: Served, own: Served): Served {
  try {
    chosen.context()
    return chosen
  } catch {
    return own
  }
}

function named(byName: ByName, name: string): Served | undefined {
  const dot = name.indexOf('.')
  const wild = dot < 0 ? [] : (byName.get(`*${name.slice(dot)}`) ?? [])
  const all = [...(byName.get(name) ?? []), ...wild]
  const now = Date.now()
  return (
    all.find(({ notAfter, isImported }) => isImported && notAfter > now) ??
    all.find(({ notAfter }) => notAfter > now) ??
    all[0]
  )
}

/** What was served before keeps its context. */
function sorted(certificates: readonly OfferedCertificate[], before: readonly Served[]) {
  const known = new Map(before.map((each) => [`${each.material.cert}${each.material.key}`, each]))
  const usable: Served[] = []
  const unusable: UnusableCertificate[] = []
  for (const each of certificates) {
    try {
      const { cert, key, isImported = false } = each
      usable.push({ ...(known.get(`${cert}${key}`) ?? servedOf({ cert, key })), isImported })
    } catch (error) {
      const because = error instanceof Error ? error.message : String(error)
      unusable.push({ cert: each.cert, because })
    }
  }
  return { usable, unusable }
}

/** Of several for one name, the one that is good for longest comes first. */
function mapOf(certificates: readonly Served[]): ByName {
  const byName: ByName = new Map()
  for (const each of certificates.toSorted((a, b) => b.notAfter - a.notAfter))
    for (const name of each.names) byName.set(name, [...(byName.get(name) ?? []), each])
  return byName
}

/** The server's own must be good at once. */
function checked(material: TlsMaterial): Served {
  const served = servedOf(material)
  served.context()
  return served
}

function servedOf(material: TlsMaterial): Served {
  const { cert, key } = material
  // Fails on text that holds no certificate, which createSecureContext would let pass.
  const leaf = new X509Certificate(cert)
  if (!leaf.checkPrivateKey(createPrivateKey(key)))
    throw new Error('the key does not belong to the certificate')
  let made: SecureContext | undefined
  return {
    material,
    context: () =>
      (made ??= createSecureContext({ cert, key, minVersion: 'TLSv1.2', honorCipherOrder: true })),
    names: certificateNames(leaf),
    notAfter: leaf.validToDate.getTime(),
    isImported: false,
  }
}
