import type { Config } from '@posthouse/config'
import type { Forecast } from '@posthouse/delivery'
import type { Resolver } from '@posthouse/dns'
import type { Account, Resolution, Store } from '@posthouse/store'
import type { SuiteStatus } from '../up/state-file.ts'

/** The classic causes, in the order in which they are looked for. */
export const stages = [
  'server settings',
  'network',
  'spam filters',
  "recipient's address",
  'what happened before',
] as const

/** One of them. */
export type StageName = (typeof stages)[number]

/** One thing that was looked at. `found`: the cause. */
export interface Step {
  readonly state: 'ok' | 'found' | 'skipped'
  readonly text: string
  /** Why that matters, or what the other side's words mean. */
  readonly why?: string
  /** What mends it. */
  readonly next?: string
}

/** Mail from one address to another, and all that may be asked about it. */
export interface Case {
  readonly sender: string
  readonly recipient: string
  /** The sender's account here; undefined: somebody elsewhere writes. */
  readonly from: Account | undefined
  /** The sender's domain, where that is switched off. */
  readonly senderOff: string | undefined
  /** Where the recipient leads; `foreign`: away from here. */
  readonly to: Resolution
  /** Where mail for the recipient would go now; looked up once. */
  readonly way: () => Promise<Forecast>
  readonly since: Date
  readonly config: Config
  readonly store: Store
  readonly resolver: Resolver
  readonly status: SuiteStatus | undefined
  readonly addresses: readonly string[]
}

/** Addresses that are tried before a host counts as out of reach. */
export const mostHops = 4

/** Looks for a cause of one class; ends with the first that it finds. */
export type Stage = (it: Case) => AsyncGenerator<Step>

/** Nothing wrong there. */
export function well(text: string): Step {
  return { state: 'ok', text }
}
