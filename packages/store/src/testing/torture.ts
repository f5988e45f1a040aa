import assert from 'node:assert/strict'
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startPostgres, type RunningPostgres } from '@posthouse/embedded-postgres'
import { silentLog } from '@posthouse/telemetry'
import type { AccountId } from '../ids.ts'
import { migrate } from '../migrate.ts'
import { tupleStatement } from '../statement.ts'
import {
  closeHousehold,
  newAccount,
  openByName,
  openHousehold,
  type Household,
} from './mailbox-house.ts'
import type { TortureReport } from './torture-worker.ts'
import { StoreUnavailable } from '../unavailable.ts'

/** What the workers said, together: killed ones too. */
class Ledger {
  readonly delivered = new Set<string>()
  readonly expunging = new Set<string>()
  readonly expunged = new Set<string>()
  readonly copying = new Map<string, number>()
  readonly modSeqs = new Map<string, number>()
  #heard = 0

  get heard(): number {
    return this.#heard
  }

  hear([what, about, value]: TortureReport): void {
    this.#heard++
    const name = String(about)
    if (what === 'delivered') this.delivered.add(name)
    else if (what === 'expunging') this.expunging.add(name)
    else if (what === 'expunged') this.expunged.add(name)
    else if (what === 'copying') this.copying.set(name, (this.copying.get(name) ?? 0) + 1)
    else this.modSeqs.set(name, Math.max(this.modSeqs.get(name) ?? 0, Number(value)))
  }
}

/** As many workers as asked for, a new one for each that is killed. */
class Crew {
  readonly ledger = new Ledger()
  readonly #url: string
  readonly #account: AccountId
  readonly #workers = new Set<ChildProcess>()
  readonly #failures: string[] = []
  #seed: number
  #isOver = false

  constructor(url: string, account: AccountId, seed: number, size: number) {
    this.#url = url
    this.#account = account
    this.#seed = seed
    for (let i = 0; i < size; i++) this.#start()
  }

  /** What a worker said that ended by itself: it will not be replaced, and nothing can be waited for. */
  get failures(): readonly string[] {
    return this.#failures
  }

  killOne(): void {
    const [first] = this.#workers
    first?.kill('SIGKILL')
  }

  async stop(): Promise<readonly string[]> {
    this.#isOver = true
    const ends = [...this.#workers].map((worker) => once(worker, 'exit'))
    for (const worker of this.#workers) if (worker.connected) worker.send('stop')
    await Promise.all(ends)
    return this.#failures
  }

  #start(): void {
    const file = fileURLToPath(new URL('torture-worker.ts', import.meta.url))
    const worker = fork(file, [this.#url, this.#account, String(this.#seed++)], {
      execArgv: ['--conditions=@posthouse/source'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#workers.add(worker)
    let complaint = ''
    worker.stderr?.setEncoding('utf8').on('data', (text: string) => (complaint += text))
    worker.on('message', (message: TortureReport) => this.ledger.hear(message))
    worker.on('exit', (code) => {
      this.#workers.delete(worker)
      if (code !== 0 && code !== null) this.#failures.push(complaint)
      if (!this.#isOver && code === null) this.#start()
    })
  }
}

const backends = tupleStatement<readonly [number]>(
  'torture_backends',
  `SELECT pid FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`,
)

async function stubbornly<T>(work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + 60_000
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || Date.now() > deadline) throw error
      await pause(50)
    }
  }
}

/** Waits until the workers have said this much. */
async function until(crew: Crew, heard: number): Promise<void> {
  const deadline = Date.now() + 300_000
  while (crew.ledger.heard < heard) {
    assert.deepEqual(crew.failures, [])
    assert.ok(Date.now() < deadline, 'the workers have fallen silent')
    await pause(10)
  }
}

async function countNames(
  household: Household,
  account: AccountId,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for (const name of ['INBOX', 'Archive']) {
    const mailbox = await openByName(household.store, account, name, true)
    const uids = Array.from({ length: mailbox.state.size }, (_, i) => mailbox.state.uidAt(i))
    for await (const { subject } of mailbox.facts(uids, ['subject'])) {
      counts.set(subject, (counts.get(subject) ?? 0) + 1)
    }
    mailbox.close()
  }
  return counts
}

async function verify(household: Household, account: AccountId, ledger: Ledger): Promise<void> {
  assert.deepEqual(await household.store.check(), [])
  const counts = await countNames(household, account)
  for (const name of ledger.delivered) {
    const count = counts.get(name) ?? 0
    const copies = ledger.copying.get(name) ?? 0
    if (!ledger.expunging.has(name)) assert.ok(count >= 1, `${name} is lost`)
    assert.ok(count <= 1 + copies, `${name} is there ${count} times`)
    if (copies === 0 && ledger.expunged.has(name)) assert.equal(count, 0, `${name} came back`)
  }
  for (const [name, modSeq] of ledger.modSeqs) {
    const mailbox = await openByName(household.store, account, name, true)
    assert.ok(mailbox.state.highestModSeq >= modSeq, `${name} fell behind what was told`)
    mailbox.close()
  }
}

/**
 * Kills workers and Postgres under random work, `rounds` times each, and then compares what was acknowledged with what is
 * there. POSTHOUSE_TORTURE_SEED and POSTHOUSE_TORTURE_ROUNDS overrule.
 */
export function tortureTest(defaultRounds: number): void {
  // A Postgres of its own: it is killed. A killed server loses nothing that the machine's memory still holds.
  let folder: string
  let postgres: RunningPostgres
  let household: Household
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'posthouse-torture-'))
    const settings = { fsync: 'off', synchronous_commit: 'on', shared_buffers: '32MB' }
    postgres = await startPostgres({ dataDir: folder, log: silentLog, settings })
    await migrate(postgres.url)
    household = openHousehold(postgres.url)
  })
  after(async () => {
    await closeHousehold(household)
    await postgres.stop()
    await rm(folder, { recursive: true, force: true })
  })

  test('workers and Postgres are killed under random work: nothing acknowledged is lost, doubled or comes back', async (t) => {
    const seed = Number(process.env['POSTHOUSE_TORTURE_SEED'] ?? Date.now() % 1_000_000)
    const rounds = Number(process.env['POSTHOUSE_TORTURE_ROUNDS'] ?? defaultRounds)
    t.diagnostic(`seed ${seed}`)
    const account = await newAccount(household.database)
    const crew = new Crew(postgres.url, account, seed, 3)
    try {
      for (let round = 0; round < rounds; round++) {
        await until(crew, crew.ledger.heard + stepsBetween)
        crew.killOne()
        await until(crew, crew.ledger.heard + stepsBetween)
        // A server process that dies takes all others with it, and the server recovers from its log.
        const rows = await stubbornly(() => household.database.query(backends))
        const victim = rows[round % Math.max(rows.length, 1)]
        if (victim !== undefined) killServerProcess(victim[0])
      }
      await until(crew, crew.ledger.heard + stepsBetween)
    } finally {
      assert.deepEqual(await crew.stop(), [])
    }
    assert.ok(crew.ledger.delivered.size > 0)
    await stubbornly(() => verify(household, account, crew.ledger))
  })
}

/** Reports from workers between two blows. */
const stepsBetween = 40

function killServerProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
