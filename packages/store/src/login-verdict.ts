import type { LoginLimits } from './login-limits.ts'

/** What is known of who tries to sign in, before anything is checked. */
export interface LoginRecord {
  /** The narrowest rule of the operator's that holds. */
  readonly rule: 'ban' | 'trust' | undefined
  /** Seconds until that rule ends; undefined: never. */
  readonly ruleSeconds: number | undefined
  /** Failures of this login from this client, as of now. */
  readonly ofLogin: number
  /** Failures from this network, as of now. */
  readonly ofNetwork: number
  /** The account's owner has signed in from this client before. */
  readonly isKnownPlace: boolean
}

/** Whether an attempt may be made now. */
export type LoginVerdict =
  | { readonly kind: 'open' }
  /** After this time; never refused. */
  | { readonly kind: 'paced'; readonly waitMs: number }
  | {
      readonly kind: 'throttled'
      readonly because: 'banned' | 'login' | 'network'
      /** When it is worth while to try again; undefined: never. */
      readonly retrySeconds: number | undefined
    }

/**
 * Decides. An operator's rule comes first; then the failures of this login from this client, then those of its network. Where
 * the owner has signed in before, nobody is refused: others may share the address, and must not lock the owner out of it.
 */
export function loginVerdict(record: LoginRecord, limits: LoginLimits): LoginVerdict {
  const { rule, ruleSeconds, ofLogin, ofNetwork, isKnownPlace } = record
  if (rule === 'trust') return { kind: 'open' }
  if (rule === 'ban') return { kind: 'throttled', because: 'banned', retrySeconds: ruleSeconds }
  if (isKnownPlace) return paceOf(ofLogin, limits)
  const loginSeconds = heldSeconds(ofLogin, limits.ofLogin, limits)
  if (loginSeconds > 0) return throttled('login', loginSeconds)
  const networkSeconds = heldSeconds(ofNetwork, limits.ofNetwork, limits)
  if (networkSeconds > 0) return throttled('network', networkSeconds)
  return { kind: 'open' }
}

/** Seconds until attempts are taken again at this count; 0: they are. What has decayed by less than a half counts as whole. */
export function heldSeconds(
  failures: number,
  limit: number,
  { halfLifeSeconds }: Pick<LoginLimits, 'halfLifeSeconds'>,
): number {
  const from = heldFrom(limit)
  return failures < from ? 0 : Math.floor(halfLifeSeconds * Math.log2(failures / from)) + 1
}

/** The count from which attempts are held up. */
export function heldFrom(limit: number): number {
  return limit - 0.5
}

function paceOf(ofLogin: number, limits: LoginLimits): LoginVerdict {
  const over = ofLogin - heldFrom(limits.ofLogin)
  if (over < 0) return { kind: 'open' }
  const waitMs = Math.min(limits.longestPaceMs, Math.ceil((over + 1) * limits.paceMs))
  return { kind: 'paced', waitMs }
}

function throttled(because: 'login' | 'network', retrySeconds: number): LoginVerdict {
  return { kind: 'throttled', because, retrySeconds }
}
