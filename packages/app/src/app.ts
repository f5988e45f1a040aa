import type { Config } from '@posthouse/config'
import type { Resolver } from '@posthouse/dns'
import type { Store } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import type { Control } from './control/control.ts'
import type { Places } from './places.ts'
import type { TlsSource } from './tls-source.ts'

/** The apps that this house has. */
export const appNames = ['mx', 'submission', 'delivery', 'imap', 'pop3', 'web'] as const

/** The name of an app: of its folder, its process, its log lines. */
export type AppName = (typeof appNames)[number]

/** Apps without which mail goes on: the suite starts, and counts as well, when one of them cannot. */
export const dispensableApps: ReadonlySet<string> = new Set<AppName>(['web'])

/** What an app is given. It reads nothing else of the world around it. */
export interface Services {
  readonly config: Config
  readonly log: Log
  readonly store: Store
  readonly tls: TlsSource
  /** For apps that look names up, by `resolverOf`; absent: as the configuration says. */
  readonly resolver?: Resolver
  /** Where the app's other processes are asked, for limits that hold over all of them; absent: there are none. */
  readonly places?: Places
  /** How the app is asked while it runs, and asks; absent: nobody asks. */
  readonly control?: Control
}

/** A server of the suite: a few lines of wiring around its sessions. */
export interface App {
  readonly name: AppName
  /** Opens the listeners. What it cannot open it throws as `ListenError`, with nothing left open. */
  start(services: Services): Promise<Running>
}

/** An open port, as it is shown to people. */
export interface OpenPort {
  /** `imap`, `imaps` … */
  readonly name: string
  readonly host: string
  readonly port: number
  /** TLS from the first octet. */
  readonly tls: boolean
}

/** An app at work. */
export interface Running {
  readonly listeners: readonly OpenPort[]
  /**
   * Stops accepting, lets sessions finish their command, tells them goodbye, and resolves when all
   * are gone: within 10 s, whatever the clients do. Calling it again waits for the same end.
   */
  drain(): Promise<void>
}
