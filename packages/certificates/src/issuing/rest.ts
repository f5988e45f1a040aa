import type { AcmeProblem } from '../acme/acme-problem.ts'

const hour = 3600
const day = 24 * hour

/**
 * How long a certificate is left alone after a failure, in seconds: doubled with each one. What the authority says goes first.
 * Let's Encrypt's narrowest limit is 5 failed proofs of a name in an hour; its others are by the week.
 */
export function restAfter(
  problem: Pick<AcmeProblem, 'kind' | 'retryAfterSeconds'>,
  failuresBefore: number,
  random: number = Math.random(),
): number {
  const first = problem.kind === 'rateLimited' ? hour : isPassing(problem.kind) ? 300 : 900
  const most = isPassing(problem.kind) ? 4 * hour : day
  const doubled = Math.min(most, first * 2 ** Math.min(failuresBefore, 20))
  // Not all machines, and not all certificates, at the same moment.
  const jittered = doubled * (0.8 + random * 0.4)
  // A week at most: an authority may be wrong, or somebody's clock.
  return Math.min(7 * day, Math.max(jittered, problem.retryAfterSeconds ?? 0))
}

/** How long a name that could not be proved is left out of its certificate. */
export function nameRestAfter(failuresBefore: number, random: number = Math.random()): number {
  return Math.min(day, hour * 2 ** Math.min(failuresBefore, 20)) * (1 + random * 0.2)
}

/** It is not this certificate's own trouble: with the others it would be the same. */
export function isOfAll(kind: string): boolean {
  return ['unreachable', 'timeout', 'rateLimited', 'serverInternal', 'protocol'].includes(kind)
}

/** It is the network, or the authority's own trouble. */
export function isPassing(kind: string): boolean {
  return ['unreachable', 'timeout', 'serverInternal', 'dns'].includes(kind)
}

/** How long a certificate is good for, as it says. */
export interface Life {
  readonly notBefore: Date
  readonly notAfter: Date
}

/** When to renew: after two thirds of its life, and up to a thirtieth earlier, each certificate at a time of its own. */
export function renewalTime({ notBefore, notAfter }: Life, random: number = Math.random()): Date {
  const life = notAfter.getTime() - notBefore.getTime()
  return new Date(notBefore.getTime() + life * (2 / 3 - random / 30))
}

/**
 * How long a new certificate is left alone in any case, in seconds: neither a clock that is wrong nor an authority that wants
 * every one renewed at once makes us ask for one after another.
 */
export function leastKept({ notBefore, notAfter }: Life): number {
  const life = (notAfter.getTime() - notBefore.getTime()) / 1000
  return Math.max(0, Math.min(day / 4, life / 3))
}

/**
 * A time of our own within the window that the authority names (RFC 9773 §4.2); in the last tenth of the certificate's life it
 * is too late for whatever goes wrong.
 */
export function timeWithin(
  { start, end }: { readonly start: Date; readonly end: Date },
  life: Life & { readonly issuedAt: Date },
  random: number = Math.random(),
): Date {
  const { notBefore, notAfter, issuedAt } = life
  const at = start.getTime() + random * (end.getTime() - start.getTime())
  const latest = notAfter.getTime() - (notAfter.getTime() - notBefore.getTime()) / 10
  const earliest = issuedAt.getTime() + leastKept(life) * 1000
  return new Date(Math.max(earliest, Math.min(at, latest)))
}
