import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePorts } from './free-ports.ts'
import { runProgram, type Ended } from './run-program.ts'
import { waitFor } from './wait-for.ts'

/** The listeners of a suite by name. */
export type PortName =
  | 'mx'
  | 'submission'
  | 'submissions'
  | 'imap'
  | 'imaps'
  | 'pop3'
  | 'pop3s'
  | 'http'
  | 'https'

const portNames: readonly PortName[] = [
  'mx',
  'submission',
  'submissions',
  'imap',
  'imaps',
  'pop3',
  'pop3s',
  'http',
  'https',
]

/** The password of every account made by {@link ProcessSuite.account}. */
export const password = 'correct-horse-7'

const posthouseFile = fileURLToPath(new URL('../../../apps/cli/bin/posthouse.js', import.meta.url))

/** What of `status.json` is looked at. */
export interface Status {
  readonly pid: number
  readonly ready: boolean
  readonly databaseUrl: string | null
  readonly database: {
    readonly state: string
    readonly pid: number | null
    readonly restarts: number
  }
  readonly apps: readonly {
    readonly name: string
    readonly state: string
    readonly pid: number | null
    readonly restarts: number
  }[]
}

/** How to start a suite. */
export interface ProcessSuiteOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Arguments of `up`. */
  readonly args?: readonly string[]
  /** Called with the new data folder, before anything is in it. */
  readonly prepare?: (dataDir: string) => Promise<void>
}

/** A suite as an operator runs it: built, each app a process, an embedded Postgres, a data folder of its own. */
export class ProcessSuite {
  readonly dataDir: string
  readonly ports: Readonly<Record<PortName, number>>
  readonly #env: Readonly<Record<string, string>>
  readonly #args: readonly string[]
  #up: ChildProcess | undefined
  #output = ''

  private constructor(
    dataDir: string,
    ports: Readonly<Record<PortName, number>>,
    options: ProcessSuiteOptions,
  ) {
    this.dataDir = dataDir
    this.ports = ports
    this.#args = options.args ?? []
    const portVariables = portNames.map((name) => [
      `POSTHOUSE_PORT_${name.toUpperCase()}`,
      String(ports[name]),
    ])
    this.#env = {
      POSTHOUSE_DATA: dataDir,
      POSTHOUSE_BIND: '127.0.0.1',
      POSTHOUSE_HOSTNAME: 'mail.example.test',
      NO_COLOR: '1',
      ...Object.fromEntries(portVariables),
      ...options.env,
    }
  }

  /** Makes a data folder, starts the suite on it, and waits until it is ready. */
  static async start(options: ProcessSuiteOptions = {}): Promise<ProcessSuite> {
    const dataDir = await mkdtemp(path.join(os.tmpdir(), 'suite-'))
    const numbers = await freePorts(portNames.length)
    const pairs = portNames.map((name, index) => [name, numbers[index] ?? 0] as const)
    const ports = Object.fromEntries(pairs) as Record<PortName, number>
    await options.prepare?.(dataDir)
    const suite = new ProcessSuite(dataDir, ports, options)
    await suite.up()
    return suite
  }

  /** The authority's certificate, for clients to verify ours against. */
  get caFile(): string {
    return path.join(this.dataDir, 'ca.pem')
  }

  /** Everything that `up` printed since it was started first. */
  get output(): string {
    return this.#output
  }

  /** The environment of this suite, for commands. */
  get env(): Readonly<Record<string, string>> {
    return this.#env
  }

  /** The process of `up`. */
  get process(): ChildProcess {
    if (this.#up === undefined) throw new Error('the suite does not run')
    return this.#up
  }

  /** Starts `up` and waits until it is ready. */
  async up(): Promise<void> {
    // One that was killed left its word that it was ready.
    const before = (await this.status())?.pid
    const child = spawn(process.execPath, [posthouseFile, 'up', ...this.#args], {
      env: { ...process.env, ...this.#env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#up = child
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (this.#output += text))
    await waitFor('the suite to be ready', async () => {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`up ended by itself:\n${this.#output}`)
      const status = await this.status()
      return status?.ready === true && status.pid !== before ? true : undefined
    })
  }

  /** What `up` says of itself; nothing when no status is kept. */
  async status(): Promise<Status | undefined> {
    const text = await readFile(path.join(this.dataDir, 'status.json'), 'utf8').catch(() => '')
    return text === '' ? undefined : (JSON.parse(text) as Status)
  }

  /** The process of an app at work, or of Postgres. */
  async pidOf(name: string): Promise<number> {
    return waitFor(`${name} to run`, async () => {
      const status = await this.status()
      if (name === 'postgres') return status?.database.pid ?? undefined
      const app = status?.apps.find((each) => each.name === name)
      return app?.state === 'running' ? (app.pid ?? undefined) : undefined
    })
  }

  /** Runs `posthouse ARGS` on this suite. */
  posthouse(args: readonly string[], input?: string): Promise<Ended> {
    const options = { env: this.#env, ...(input === undefined ? {} : { input }) }
    return runProgram(process.execPath, [posthouseFile, ...args], options)
  }

  /** Makes an account with the one {@link password}. */
  async account(address: string): Promise<void> {
    const args = ['account', 'add', address, '--password-stdin', '-q']
    const { code, stderr } = await this.posthouse(args, `${password}\n`)
    if (code !== 0) throw new Error(`no account ${address}: ${stderr}`)
  }

  /** Waits for the end of `up`. */
  async ended(): Promise<number | string> {
    const child = this.process
    return waitFor('up to end', () => child.exitCode ?? child.signalCode ?? undefined)
  }

  /** SIGTERM, and everything has ended. */
  async down(): Promise<void> {
    if (this.#up === undefined || this.#up.exitCode !== null || this.#up.signalCode !== null) return
    this.#up.kill('SIGTERM')
    await this.ended()
  }

  /** SIGTERM, and the data folder is gone. */
  async stop(): Promise<void> {
    await this.down()
    await rm(this.dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
}
