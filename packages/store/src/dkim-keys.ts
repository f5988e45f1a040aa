import type { KeyObject } from 'node:crypto'
import type { Actor } from './audit.ts'

/** The kinds of keys that are made (RFC 8301 §3.2, RFC 8463). */
export const dkimAlgorithms = ['rsa-2048', 'ed25519'] as const

/** A kind of key. */
export type DkimAlgorithm = (typeof dkimAlgorithms)[number]

/**
 * What a key does: `waiting` until its record is seen in DNS, `active` while it signs, `retiring` while mail on its way still
 * needs its record, `retired` once that may go.
 */
export type DkimState = 'waiting' | 'active' | 'retiring' | 'retired'

/** A key as people see it: without its private half. */
export interface DkimKey {
  /** Lower-case A-label. */
  readonly domain: string
  readonly selector: string
  readonly algorithm: DkimAlgorithm
  readonly state: DkimState
  /** As in its record's `p=`. */
  readonly publicKey: string
  readonly createdAt: Date
  readonly activatedAt: Date | undefined
  /** When a retiring one's record may go. */
  readonly retireAt: Date | undefined
  readonly retiredAt: Date | undefined
  /** When DNS was last asked for its record; undefined: never. */
  readonly checkedAt: Date | undefined
  /** What was wrong with the answer; undefined: nothing. */
  readonly finding: string | undefined
}

/** A key at work. */
export interface DkimSigningKey {
  readonly domain: string
  readonly selector: string
  readonly algorithm: DkimAlgorithm
  readonly privateKey: KeyObject
}

/** What is to be made. */
export interface DkimRequest {
  readonly algorithm: DkimAlgorithm
  /** By default the week's: `p2026w48r`. */
  readonly selector?: string | undefined
  /** How long the record of the one before it stays once this signs, beyond the time in queues; by default seven days. */
  readonly overlapSeconds?: number | undefined
}

/**
 * What became of it. `waiting`: there is a next one of this kind already, which is given; it must come into use, or be retired,
 * before another is made.
 */
export type DkimCreation =
  | { readonly ok: true; readonly key: DkimKey }
  | { readonly ok: false; readonly reason: 'waiting'; readonly key: DkimKey }
  | { readonly ok: false; readonly reason: 'not-found' | 'malformed' | 'exists' }

/**
 * The keys of hosted domains. Changes are heard by all processes (`onChange`). Whatever seals or opens a private key throws
 * SecretKeyUnfit where the key file is not fit for it.
 */
export interface DkimKeys {
  /** Of one domain or of all, newest last. */
  list(domain?: string): Promise<readonly DkimKey[]>
  /** Makes a key, which waits until it is seen in DNS. */
  create(domain: string, request: DkimRequest, by: Actor): Promise<DkimCreation>
  /** Makes one key of each kind, both or none, for a domain of ours that never had any; gives them, or nothing. */
  equip(domain: string, by: Actor): Promise<readonly DkimKey[]>
  /** The keys that sign for a domain, RSA first. */
  signing(domain: string): Promise<readonly DkimSigningKey[]>
  /** Why mail cannot be signed, if any active key cannot be opened. */
  problem(): Promise<string | undefined>
  /** Domains that never had a key, at most 100. */
  domainsWithout(): Promise<readonly string[]>
  /**
   * Keys whose record is to be looked for now, and counted as looked for: waiting ones every five minutes on their first day
   * and hourly after that, active ones daily. What two processes ask for at the same time they share.
   */
  due(): Promise<readonly DkimKey[]>
  /** Notes what DNS said of a key's record: undefined where all is well. */
  noteChecked(key: Pick<DkimKey, 'domain' | 'selector'>, finding: string | undefined): Promise<void>
  /** Lets a waiting key sign from now on; the one of its kind that did is retiring. False where it waits no more. */
  activate(key: Pick<DkimKey, 'domain' | 'selector'>, by: Actor): Promise<boolean>
  /**
   * Takes a key out of use. An active one signs no more and is retiring, unless it is to go `now`; any other is retired. The key
   * as it is then; undefined where there is none of this name.
   */
  retire(
    key: Pick<DkimKey, 'domain' | 'selector'>,
    how: { readonly now: boolean },
    by: Actor,
  ): Promise<DkimKey | undefined>
  /** Retires what has been retiring long enough; what it was. */
  retireDue(by: Actor): Promise<readonly Pick<DkimKey, 'domain' | 'selector'>[]>
  /** Calls back with a domain whose keys changed; `onGap` when changes may have been missed. Returns the way to stop. */
  onChange(listener: (domain: string) => void, onGap: () => void): () => void
}
