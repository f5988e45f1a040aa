import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { computeFacts } from '@posthouse/message'
import { newUuid, openStore, uuidToBase32, type Store } from '@posthouse/store'
import { freshDatabase, type FreshDatabase } from '@posthouse/testkit'
import { waitFor } from '../../journeys/house/wait-for.ts'
import { CountingSink } from './counting-sink.ts'
import type { WorkerOrder } from './worker-program.ts'

/** Each is a provider of its own, so that none waits for another's pace. */
const domains = Array.from({ length: 10 }, (_, n) => `d${n}.test`)
const zone = domains.map((domain) => `${domain} MX 10 mx.${domain}\nmx.${domain} A 127.0.0.1`)

const program = path.join(import.meta.dirname, 'worker-program.ts')

/** A worker's process. */
export interface Hand {
  readonly process: ChildProcess
  readonly pid: number
  /** Resolves when it has ended. */
  readonly ended: Promise<void>
}

/** Workers, each a process of its own, that share a queue, and the host they send to. */
export class Crew {
  readonly sink = new CountingSink()
  readonly #database: FreshDatabase
  readonly #folder: string
  readonly #hands: Hand[] = []
  readonly store: Store

  private constructor(database: FreshDatabase, store: Store, folder: string) {
    this.#database = database
    this.store = store
    this.#folder = folder
  }

  static async start(): Promise<Crew> {
    const database = await freshDatabase()
    const folder = await mkdtemp(path.join(os.tmpdir(), 'crew-'))
    const store = await openStore({ database: database.url, app: 'test', unsafe: true })
    const crew = new Crew(database, store, folder)
    await crew.sink.start()
    return crew
  }

  /** Starts a worker, perhaps one that dies at a named point. */
  async hire(faultPoints = '', leaseSeconds = 8): Promise<Hand> {
    const order: WorkerOrder = {
      databaseUrl: this.#database.url,
      folder: this.#folder,
      mxPort: this.sink.port,
      zone: zone.join('\n'),
      leaseSeconds,
      faultPoints,
    }
    const args = ['--conditions=@posthouse/source', program, JSON.stringify(order)]
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = Promise.withResolvers<void>()
    child.on('exit', () => ended.resolve())
    const hand = { process: child, pid: child.pid ?? 0, ended: ended.promise }
    this.#hands.push(hand)
    const begun = Promise.withResolvers<void>()
    child.stdout.once('data', () => begun.resolve())
    await Promise.race([begun.promise, ended.promise])
    return hand
  }

  /** Puts messages of three recipients each into the queue; gives the recipients. */
  async submit(messages: number, round: string): Promise<readonly string[]> {
    const all: string[] = []
    for (let n = 0; n < messages; n++) {
      const to = [0, 1, 2].map((i) => `${round}-${n}-${i}@${domains[(n + i) % 10] ?? ''}`)
      all.push(...to)
      const octets = Buffer.from(`Subject: ${round} ${n}\r\n\r\nHello\r\n`)
      await this.store.deliver({
        octets,
        facts: computeFacts(octets),
        receivedAt: new Date(),
        queueId: uuidToBase32(newUuid()),
        recipients: [],
        outbound: {
          account: null,
          sender: 'ada@example.test',
          prefix: Buffer.alloc(0),
          recipients: to.map((address) => ({ address })),
          isEightBit: false,
          needsSmtpUtf8: false,
        },
      })
    }
    return all
  }

  /** Recipients that a worker holds and has recorded nothing of. */
  async heldBy({ pid }: Hand): Promise<ReadonlySet<string>> {
    const items = await this.store.queue.list({ limit: 100_000 })
    const held = items.filter(({ worker }) => worker?.split('/')[2] === String(pid))
    return new Set(held.map(({ address }) => address))
  }

  /** Resolves when nothing is queued any more. */
  async finished(): Promise<void> {
    const isEmpty = async () => ((await this.store.queue.list()).length === 0 ? true : undefined)
    await waitFor('the queue to be empty', isEmpty, 240_000)
  }

  /** Lets every worker that is there finish what it is at. */
  async dismiss(): Promise<void> {
    for (const { process: child } of this.#hands) child.kill('SIGTERM')
    await Promise.all(this.#hands.map(({ ended }) => ended))
    this.#hands.length = 0
  }

  async close(): Promise<void> {
    for (const { process: child } of this.#hands) child.kill('SIGKILL')
    await this.sink.stop()
    await this.store.close()
    await this.#database.drop()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
