import { X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { TlsContext } from '@posthouse/line-server'

/** A certificate chain and its key, as PEM. */
export interface TlsMaterial {
  readonly cert: string
  readonly key: string
}

/** The certificate of the moment. It can be changed while sessions go on. */
export interface TlsSource extends TlsContext {
  /** TLS 1.2 or later. Handshakes that begin now use it. */
  current(): SecureContext
  /** The PEM texts, for libraries that make their own context. */
  material(): TlsMaterial
  /** Calls back after each change; returns how to stop that. */
  onChange(listener: () => void): () => void
  /**
   * Takes another certificate for new handshakes; standing sessions keep theirs.
   *
   * @throws Error when certificate and key are not a pair or cannot be read; the old ones stay.
   */
  replace(material: TlsMaterial): void
}

/**
 * A TLS source from PEM texts.
 *
 * @throws Error when certificate and key are not a pair or cannot be read.
 */
export function createTlsSource(material: TlsMaterial): TlsSource {
  let state = { material, context: contextOf(material) }
  const listeners = new Set<() => void>()
  return {
    current: () => state.context,
    material: () => state.material,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    replace(next) {
      state = { material: next, context: contextOf(next) }
      for (const listener of listeners) listener()
    },
  }
}

function contextOf({ cert, key }: TlsMaterial): SecureContext {
  // Fails on text that holds no certificate, which createSecureContext would let pass.
  void new X509Certificate(cert)
  return createSecureContext({ cert, key, minVersion: 'TLSv1.2', honorCipherOrder: true })
}
