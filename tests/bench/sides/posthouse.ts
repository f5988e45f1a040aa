import { execFile } from 'node:child_process'
import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startDnsServer, type DnsServer } from '@posthouse/testkit'
import { Zone } from '@posthouse/dns'
import { freePorts } from '../../journeys/house/free-ports.ts'
import { folderBytes } from '../folder-bytes.ts'
import { benchFolder, repository } from '../folders.ts'
import {
  destinationDomain,
  destinationHost,
  type MailboxPlan,
  type QueuePlan,
  type QueueSide,
  type Side,
  type SidePorts,
} from '../side.ts'
import { eventually, startServer, type ServerProcess } from './child.ts'
import { Marks } from './marks.ts'
import { createAccounts, fillInbox, insertQueue, useDkim, withStore } from './posthouse-store.ts'

const program = path.join(repository, 'apps/cli/bin/posthouse.js')
const run = promisify(execFile)

const usual = { name: 'posthouse', nodeOptions: [] }

/** Destinations that the bench's DNS knows. */
const maxDestinations = 250

/** Posthouse as `npm start` runs it: a process per app, the embedded Postgres, durable commits. */
export class PosthouseSide implements Side {
  readonly name: string
  /** Known from the first start on: free ones, so that two benches do not meet. */
  ports: SidePorts = { smtp: 0, imap: 0, pop3: 0 }
  readonly queue: QueueSide
  readonly #nodeOptions: readonly string[]
  readonly #folder: string
  readonly #marks: Marks
  #process: ServerProcess | undefined
  #dns: DnsServer | undefined
  #accounts = 0
  #sinkPort = 9
  #otherPorts: readonly number[] = []

  /**
   * @param folder where its data stand between runs
   * @param variant its name where it is not as `npm start` runs it, and what of Node makes it so
   */
  constructor(
    folder = path.join(benchFolder, 'posthouse'),
    variant: { readonly name: string; readonly nodeOptions: readonly string[] } = usual,
  ) {
    this.name = variant.name
    this.#nodeOptions = variant.nodeOptions
    this.#folder = folder
    this.#marks = new Marks(path.join(folder, 'marks.json'))
    this.queue = {
      hold: (plan, sinkPort) => this.#hold(plan, sinkPort),
      release: () => this.#inStore(async (store) => void (await store.queue.unhold({}))),
    }
  }

  /** Another one beside it that writes down nothing of what comes in. */
  withoutTrace(): PosthouseSide {
    const hooks = fileURLToPath(new URL('without-trace.ts', import.meta.url))
    return new PosthouseSide(path.join(this.#folder, 'without-trace'), {
      name: 'posthouse-without-trace',
      nodeOptions: ['--import', hooks],
    })
  }

  async start(accounts: number): Promise<void> {
    this.#accounts = Math.max(this.#accounts, accounts)
    await mkdir(this.#folder, { recursive: true })
    this.#dns ??= await startDnsServer(sinkZone())
    if (this.ports.smtp === 0) await this.#choosePorts()
    if (this.#process === undefined) await this.#up([])
    if (await this.#marks.has('accounts', this.#accounts)) return
    await this.#inStore((store) => createAccounts(store, this.#accounts))
    await this.#marks.set('accounts', this.#accounts)
  }

  async stop(): Promise<void> {
    await this.#down()
    await this.#dns?.close()
    this.#dns = undefined
  }

  roots(): readonly number[] {
    return this.#process === undefined ? [] : [this.#process.pid]
  }

  async fill(plan: MailboxPlan): Promise<void> {
    if (await this.#marks.has(`user${plan.user}`, plan)) return
    await this.#inStore((store) => fillInbox(store, plan))
    await this.#marks.set(`user${plan.user}`, plan)
  }

  async index(): Promise<void> {
    await this.#inStore(async (store) => void (await store.indexForSearch()))
  }

  /** A new process has no state in memory: the next SELECT opens from the tables. */
  async forget(): Promise<void> {
    await this.#down()
    await this.#up([])
  }

  /** A 250 says that it is in the mailbox. */
  async settled(): Promise<void> {}

  async installedBytes(): Promise<number> {
    const folders = ['node_modules', 'apps', 'packages'].map((name) => path.join(repository, name))
    const sizes = await Promise.all(folders.map((folder) => folderBytes(folder)))
    return sizes.reduce((sum, size) => sum + size, 0)
  }

  async command(args: readonly string[]): Promise<void> {
    const env = { ...process.env, ...this.#environment() }
    await run(process.execPath, [program, ...args], { env })
  }

  /** Its Postgres, which runs. */
  async databaseUrl(): Promise<string> {
    const { databaseUrl } = await this.#status()
    if (databaseUrl === null) throw new Error('Posthouse has no database')
    return databaseUrl
  }

  /** Without its worker first, so that the messages can be put on hold before anything leaves. */
  async #hold(plan: QueuePlan, sinkPort: number): Promise<void> {
    this.#sinkPort = sinkPort
    await this.#down()
    await this.#up(['mx', 'imap'])
    await this.#inStore(async (store) => {
      await store.queue.drop({})
      if (plan.isSigned === true) await useDkim(store)
      await insertQueue(store, plan)
      await store.queue.hold({})
    })
    await this.#down()
    await this.#up([])
  }

  async #inStore(
    work: (store: Parameters<Parameters<typeof withStore>[2]>[0]) => Promise<void>,
  ): Promise<void> {
    const secretKeyFile = path.join(this.#folder, 'data', 'secret-key')
    await withStore(await this.databaseUrl(), secretKeyFile, work)
  }

  async #status(): Promise<SuiteStatus> {
    const text = await readFile(path.join(this.#folder, 'data/status.json'), 'utf8')
    return JSON.parse(text)
  }

  async #up(apps: readonly string[]): Promise<void> {
    this.#process = startServer(process.execPath, [...this.#nodeOptions, program, 'up', ...apps], {
      logFile: path.join(this.#folder, 'log'),
      env: { ...process.env, ...this.#environment() },
    })
    await eventually(async () => {
      const { pid, ready } = await this.#status()
      if (!ready || pid !== this.#process?.pid) throw new Error('Posthouse does not become ready')
    })
  }

  async #down(): Promise<void> {
    await this.#process?.stop()
    this.#process = undefined
  }

  async #choosePorts(): Promise<void> {
    const [smtp = 0, imap = 0, pop3 = 0, imaps = 0, ...others] = await freePorts(9)
    this.ports = { smtp, imap, pop3, imaps }
    this.#otherPorts = others
  }

  #environment(): Readonly<Record<string, string>> {
    const { smtp, imap, pop3, imaps } = this.ports
    const [submission, submissions, pop3s, http, https] = this.#otherPorts
    return {
      POSTHOUSE_DATA: path.join(this.#folder, 'data'),
      POSTHOUSE_BIND: '127.0.0.1',
      POSTHOUSE_LOG_LEVEL: 'warn',
      POSTHOUSE_PORT_MX: String(smtp),
      POSTHOUSE_PORT_IMAP: String(imap),
      POSTHOUSE_PORT_POP3: String(pop3),
      POSTHOUSE_PORT_SUBMISSION: String(submission),
      POSTHOUSE_PORT_SUBMISSIONS: String(submissions),
      POSTHOUSE_PORT_IMAPS: String(imaps),
      POSTHOUSE_PORT_POP3S: String(pop3s),
      POSTHOUSE_PORT_HTTP: String(http),
      POSTHOUSE_PORT_HTTPS: String(https),
      POSTHOUSE_CONNECTIONS: '3000',
      POSTHOUSE_CONNECTIONS_PER_ADDRESS: '3000',
      POSTHOUSE_MX_PORT: String(this.#sinkPort),
      POSTHOUSE_RESOLVERS: this.#dns?.address ?? '',
      POSTHOUSE_PRIVATE_TARGETS: '127.0.0.0/8,::1',
    }
  }
}

/** What is read of `status.json`. */
interface SuiteStatus {
  /** Of the process that wrote it: another suite on the same folder is not ours. */
  readonly pid: number
  readonly ready: boolean
  readonly databaseUrl: string | null
}

function sinkZone(): Zone {
  const zone = new Zone('')
  for (let n = 0; n < maxDestinations; n++) {
    zone.add({ name: destinationDomain(n), type: 'A', value: destinationHost(n) })
  }
  return zone
}
