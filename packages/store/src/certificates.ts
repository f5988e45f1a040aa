import type { KeyObject } from 'node:crypto'
import type { Actor } from './audit.ts'

/** What is asked of us to prove a name, where a web listener answers it (RFC 8555 §8.3, RFC 8737). */
export interface AcmeChallenge {
  readonly kind: 'http-01' | 'tls-alpn-01'
  readonly token: string
  /** The name that is to be proved. */
  readonly name: string
  /** The key authorization (RFC 8555 §8.1). */
  readonly answer: string
}

/** An order under way at the authority (RFC 8555 §7.1.3). */
export interface CertificateOrder {
  readonly url: string
  readonly names: readonly string[]
  /** It is for the next key, not for the present one. */
  readonly isNext: boolean
}

/** Something that went wrong. */
export interface CertificateProblem {
  /** A short word for it: the last part of an ACME error type, `dns`, `timeout` … */
  readonly kind: string
  readonly text: string
}

/** A certificate and all that is known of it, without private keys. Times by the database's clock, one for all machines. */
export interface Certificate {
  /** The host's own name, or the domain whose names it is for, or for an imported one its first name. */
  readonly name: string
  readonly source: 'acme' | 'imported'
  /** What the present one is for; none before the first. */
  readonly names: readonly string[]
  /** PEM, leaf first; undefined before the first. */
  readonly chain: string | undefined
  /** SHA-256 of the public key (TLSA 3 1 1). */
  readonly pin: Buffer
  /** That of the key which the next renewal is for, where keys are changed. */
  readonly nextPin: Buffer | undefined
  /** When the next key may come into use; undefined: its record was not seen yet. */
  readonly nextReadyAt: Date | undefined
  readonly notBefore: Date | undefined
  readonly notAfter: Date | undefined
  readonly issuedAt: Date | undefined
  readonly renewAt: Date | undefined
  /** Until `notAfter`; negative once it is over. */
  readonly leftSeconds: number | undefined
  /** Nothing has to be done for so long; zero or less: renew it. */
  readonly renewInSeconds: number
  /** How long nothing is to be tried, after failures; zero or less: no need to wait. */
  readonly restSeconds: number
  readonly nextReadyInSeconds: number | undefined
  readonly order: CertificateOrder | undefined
  readonly failures: number
  readonly problem: (CertificateProblem & { readonly at: Date }) | undefined
}

/** A name that a certificate should be for, and is not. */
export interface MissingName {
  readonly name: string
  readonly certificate: string
  readonly because: string
  readonly failures: number
  /** How long it is left out for having failed; zero or less: it is not. */
  readonly restSeconds: number
  readonly checkedAt: Date
}

/** A certificate that was issued or is imported. */
export interface NewCertificate {
  /** PEM, leaf first. */
  readonly chain: string
  readonly names: readonly string[]
  readonly notBefore: Date
  readonly notAfter: Date
}

/** Certificate and key as PEM. */
export interface ServedCertificate {
  readonly name: string
  readonly source: Certificate['source']
  readonly cert: string
  readonly key: string
}

/** Our account at an authority. */
export interface AcmeAccount {
  readonly key: KeyObject
  /** Undefined: not registered yet. */
  readonly url: string | undefined
  readonly email: string | undefined
}

/**
 * The certificates of this house, their keys sealed. Changes are heard by all processes. Whatever seals or opens a key throws
 * SecretKeyUnfit where the key file is not fit for it.
 */
export interface Certificates {
  list(): Promise<readonly Certificate[]>
  find(name: string): Promise<Certificate | undefined>
  /** Names of imported certificates that are not over. */
  importedNames(): Promise<readonly string[]>
  /** Of all certificates, or of one. */
  missingNames(certificate?: string): Promise<readonly MissingName[]>
  /** What is to be served, of all or of one, with the names of those whose key cannot be opened. */
  served(name?: string): Promise<{
    readonly served: readonly ServedCertificate[]
    readonly unreadable: readonly string[]
  }>
  /** The certificate of this name; its first key is made where there is none, by `make`. */
  equip(name: string, make: () => Promise<KeyObject>): Promise<Certificate>
  /** Its present key, or the one that comes after. */
  key(name: string, which: 'present' | 'next'): Promise<KeyObject | undefined>
  /** Keeps a key for the renewal after this one; one that is there already stays. */
  keepNext(name: string, key: KeyObject): Promise<void>
  /** Another key in the present one's place, for the next order: the old one is lost or in wrong hands. */
  replaceKey(name: string, key: KeyObject, by: Actor): Promise<void>
  /** The next key's record was seen, and so it is ready after two of its TTLs; or it was not (undefined), and is not. */
  noteNext(name: string, ttlSeconds: number | undefined): Promise<void>
  noteOrder(name: string, order: CertificateOrder | undefined): Promise<void>
  /**
   * Takes an issued certificate into use; `isNext`: the next key is the present one from now on. `keptSeconds`: it is not renewed
   * within that time whatever `renewAt` says, by the database's clock.
   */
  install(
    name: string,
    certificate: NewCertificate & {
      readonly renewAt: Date
      readonly keptSeconds: number
      readonly isNext: boolean
    },
    by: Actor,
  ): Promise<void>
  /** Another time for the renewal. */
  renewAt(name: string, at: Date): Promise<void>
  noteFailure(name: string, problem: CertificateProblem, restSeconds: number): Promise<void>
  /** There is nothing to do for so long; no failure. */
  noteIdle(name: string, restSeconds: number): Promise<void>
  /** Notes why names are left out of a certificate. What was noted of its other names is forgotten, unless they failed. */
  noteMissing(
    certificate: string,
    names: readonly { readonly name: string; readonly because: string }[],
  ): Promise<void>
  /** A name could not be proved: it is left out for so long. */
  noteNameFailure(
    certificate: string,
    name: string,
    because: string,
    restSeconds: number,
  ): Promise<void>
  /** Takes a certificate that somebody brings, in place of one of the same name. */
  import(name: string, certificate: NewCertificate, key: KeyObject, by: Actor): Promise<void>
  /** False where there is none of this name. */
  remove(name: string, by: Actor): Promise<boolean>
  account(directory: string): Promise<AcmeAccount | undefined>
  keepAccount(directory: string, account: AcmeAccount): Promise<void>
  /** Publishes answers; the listeners of all machines have them a moment later. */
  putChallenges(challenges: readonly AcmeChallenge[]): Promise<void>
  dropChallenges(tokens: readonly string[]): Promise<void>
  /** The answer to `/.well-known/acme-challenge/TOKEN`. */
  challengeAnswer(token: string): Promise<string | undefined>
  challenges(): Promise<readonly AcmeChallenge[]>
  /** Does the work while no other process, on any machine, does such work; undefined where one is at it. */
  alone<T>(work: () => Promise<T>): Promise<{ readonly value: T } | undefined>
  /**
   * Calls back with the name of a certificate that changed, or came, or went; without when changes may have been missed. Returns
   * how to stop that.
   */
  onChange(listener: (name: string | undefined) => void): () => void
  /** Calls back after changes of challenges, and when some may have been missed. */
  onChallenge(listener: () => void): () => void
}
