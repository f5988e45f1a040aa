import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTlsSource, type App, type Running, type TlsSource } from '@posthouse/app'
import {
  Secret,
  type Config,
  type Limits,
  type PlaintextRule,
  type PortName,
} from '@posthouse/config'
import { Zone, zoneResolver, type Resolver } from '@posthouse/dns'
import { openStore, type Account, type Store } from '@posthouse/store'
import { createLog, type Log } from '@posthouse/telemetry'
import { testAuthority } from './certificates.ts'
import { freshDatabase, type FreshDatabase } from './database.ts'
import { defaultPassword } from './dialogue.ts'
import { RawClient } from './raw-client.ts'
import { testConfig } from './test-config.ts'

/** What a suite is made of. */
export interface SuiteOptions {
  readonly apps: readonly App[]
  readonly plaintext?: PlaintextRule
  readonly limits?: Partial<Limits>
  readonly delivery?: Partial<Config['delivery']>
  readonly imap?: Partial<Config['imap']>
  readonly clients?: Partial<Config['clients']>
  readonly mx?: Partial<Config['mx']>
  readonly proxy?: Partial<Config['proxy']>
  readonly xclient?: Partial<Config['xclient']>
  readonly lists?: Config['lists']
  /** A file's name is taken in the data folder. */
  readonly metrics?: Config['metrics']
  /** What names mean; absent: there are none at all. */
  readonly resolver?: Resolver
  /** Instead of a fresh one. */
  readonly database?: FreshDatabase
}

/** Apps at work in this process, each with a store of its own, over a database of their own. */
export interface Suite {
  readonly config: Config
  /** A store for the test itself; no app uses it, as if it were another process. */
  readonly store: Store
  readonly tls: TlsSource
  /** PEM of the authority that the servers' certificate is from. */
  readonly ca: string
  /** What the servers logged of late, oldest first. */
  readonly logTail: () => readonly string[]
  /** The port of a listener. Throws when no app of the suite has it. */
  port(name: PortName): number
  /** Connects, with TLS where the listener has it from the first octet. */
  connect(name: PortName): Promise<RawClient>
  /** Makes an account, and its domain where it is missing. Default password: `analytical`. */
  account(address: string, password?: string): Promise<Account>
  /** Takes the database away while everybody is connected; `stop` then checks nothing. */
  loseDatabase(): Promise<void>
  /** Drains, checks the store, closes it, drops the database. Rejects when the check finds anything. */
  stop(): Promise<void>
}

/** Names that the suite's certificate is for. */
export const suiteHostname = 'mail.example.test'

/** Who makes things in tests, for the audit trail. */
export const testActor = { via: 'test', user: '' } as const

const tailLines = 40

/** Starts apps on a fresh database, listening on port 0 of 127.0.0.1. */
export async function startSuite(options: SuiteOptions): Promise<Suite> {
  const [database, dataDir] = await Promise.all([
    options.database ?? freshDatabase(),
    mkdtemp(join(tmpdir(), 'posthouse-suite-')),
  ])
  const config = testConfig(database.url, dataDir, options)
  const { lines, log } = tailLog()
  const tls = createTlsSource(testAuthority().leaf)
  const stores: Store[] = []
  const running: Running[] = []
  const open = async (app: string): Promise<Store> => {
    const store = await openStore({
      database: database.url,
      log: log.child({ app }),
      app,
      unsafe: true,
      secretKeyFile: config.secretKeyFile,
      // Failed sign-ins do not decay while a test runs, however long the machine takes for it.
      loginLimits: { halfLifeSeconds: 1e9 },
    })
    stores.push(store)
    return store
  }
  const end = async (): Promise<void> => {
    await Promise.all(running.map((one) => one.drain()))
    await Promise.all(stores.map((one) => one.close()))
    await Promise.all([database.drop(), rm(dataDir, { recursive: true, force: true })])
  }
  try {
    const store = await open('test')
    for (const app of options.apps) {
      const services = {
        config,
        log: log.child({ app: app.name }),
        store: await open(app.name),
        tls,
        resolver: options.resolver ?? zoneResolver(new Zone('')),
      }
      running.push(await app.start(services))
    }
    return suiteOf(config, store, tls, running, lines, { lose: () => database.drop(), end })
  } catch (error) {
    await end()
    throw error
  }
}

function suiteOf(
  config: Config,
  store: Store,
  tls: TlsSource,
  running: readonly Running[],
  lines: readonly string[],
  { lose, end }: { readonly lose: () => Promise<void>; readonly end: () => Promise<void> },
): Suite {
  let isLost = false
  const { ca } = testAuthority()
  const open = running.flatMap(({ listeners }) => listeners)
  const find = (name: PortName) => {
    const found = open.find((each) => each.name === name)
    if (found === undefined) throw new Error(`no app of this suite listens on ${name}`)
    return found
  }
  return {
    config,
    store,
    tls,
    ca,
    logTail: () => lines,
    port: (name) => find(name).port,
    connect: (name) => {
      const { port, tls: isTls } = find(name)
      return RawClient.connect({ port, tls: isTls, ca, serverName: suiteHostname })
    },
    account: (address, password) => makeAccount(store, address, password ?? defaultPassword),
    loseDatabase: async () => {
      isLost = true
      await lose()
    },
    stop: () => (isLost ? end() : stop(store, running, end)),
  }
}

async function makeAccount(store: Store, address: string, password: string): Promise<Account> {
  await store.domains.create(address.slice(address.lastIndexOf('@') + 1), testActor)
  const made = await store.accounts.create({ address, password: new Secret(password) }, testActor)
  if (!made.ok) throw new Error(`no account ${address}: ${made.reason}`)
  return made.account
}

async function stop(
  store: Store,
  running: readonly Running[],
  end: () => Promise<void>,
): Promise<void> {
  try {
    await Promise.all(running.map((one) => one.drain()))
    const findings = await store.check()
    if (findings.length > 0) {
      throw new Error(`store check: ${findings.map((one) => JSON.stringify(one)).join('; ')}`)
    }
  } finally {
    await end()
  }
}

function tailLog(): { readonly lines: readonly string[]; readonly log: Log } {
  const lines: string[] = []
  const destination = {
    write(line: string): void {
      lines.push(line)
      if (lines.length > tailLines) lines.shift()
    },
  }
  return { lines, log: createLog({ level: 'info', format: 'text', destination }) }
}
