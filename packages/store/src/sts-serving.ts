import type { Actor } from './audit.ts'

/** How much a domain asks of those who send it mail (RFC 8461 §5). `none`: nothing any more, of those who still remember. */
export const stsModes = ['none', 'testing', 'enforce'] as const

/** The policy of one of our domains, but for its hosts. */
export interface StsServing {
  readonly mode: (typeof stsModes)[number]
  /** How long others may keep it: at most a year. */
  readonly maxAgeSeconds: number
}

/** MTA-STS policies that we publish. */
export interface StsServings {
  /** Undefined: it publishes none, or is not ours. */
  of(domain: string): Promise<StsServing | undefined>
  /** Undefined: publishes none from now on. */
  set(domain: string, serving: StsServing | undefined, by: Actor): Promise<'done' | 'not-found'>
}
