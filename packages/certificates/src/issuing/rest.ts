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

/** It is the network, or the authority's own trouble. */
export function isPassing(kind: string): boolean {
  return ['unreachable', 'timeout', 'serverInternal', 'dns'].includes(kind)
}

/**
 * When to renew: after two thirds of its life, and up to a thirtieth earlier, each certificate at a time of its own. Whatever the
 * clocks say, no earlier than some hours from now: a clock that is wrong must not make us ask for one certificate after another.
 */
export function renewalTime(
  { notBefore, notAfter }: { readonly notBefore: Date; readonly notAfter: Date },
  now: Date,
  random: number = Math.random(),
): Date {
  const life = notAfter.getTime() - notBefore.getTime()
  const at = notBefore.getTime() + life * (2 / 3 - random / 30)
  const least = now.getTime() + Math.min((day / 4) * 1000, life / 3)
  return new Date(Math.max(at, least))
}
