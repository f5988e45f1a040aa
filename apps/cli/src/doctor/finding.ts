import type { Config } from '@posthouse/config'
import type { Resolver } from '@posthouse/dns'
import type { Store } from '@posthouse/store'
import type { SuiteStatus } from '../up/state-file.ts'

/** What is looked at, in the order in which it is told. */
export const areas = [
  'services',
  'network',
  'resolver',
  'identity',
  'dns',
  'tls',
  'reputation',
  'queue',
  'accounts',
  'filter',
  'backup',
  'disk',
  'clock',
] as const

/** One of them. */
export type Area = (typeof areas)[number]

/** What a look at something came to. */
export type Finding = Well | Trouble

interface Looked {
  /** Stable: `dns.spf:example.org`. */
  readonly id: string
  /** What is so, in a sentence: what was seen, not only what is thought of it. */
  readonly text: string
}

/** `skipped`: it could not be looked at now. */
interface Well extends Looked {
  readonly state: 'ok' | 'skipped'
  readonly why?: undefined
  readonly next?: undefined
}

/** What is not well says why that matters, and what to do. */
export interface Trouble extends Looked {
  readonly state: 'warn' | 'fail'
  readonly why: string
  /** A command, where there is one. */
  readonly next: string
}

/** What checks look at. */
export interface Patient {
  readonly config: Config
  /** What `up` says; undefined: nothing runs on this data folder. */
  readonly status: SuiteStatus | undefined
  /** Undefined: the database is away. */
  readonly store: Store | undefined
  readonly resolver: Resolver
  /** Hosted domains that are to be looked at. */
  readonly domains: readonly string[]
  /** Where the world reaches us. */
  readonly addresses: readonly string[]
  /** Look at nothing outside this machine. */
  readonly isOffline: boolean
  /** Where one check stands for many questions: only these findings are wanted; absent: all. */
  readonly onlyIds?: ReadonlySet<string>
  /** `host:port` of a server that tells the time (RFC 5905). */
  readonly timeServer: string
}

/** A look at one area. */
export interface Check {
  readonly area: Area
  /** It needs the world outside. */
  readonly isOutside?: boolean
  /** It needs the database. */
  readonly needsStore?: boolean
  run(patient: Patient): Promise<readonly Finding[]>
}

/** A finding and where it belongs. */
export type Diagnosis = Finding & { readonly area: Area }

/** All is well. */
export function ok(id: string, text: string): Finding {
  return { id, state: 'ok', text }
}
