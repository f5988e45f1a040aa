import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { tupleStatement } from '../../statement.ts'
import type { MailboxHouse } from '../mailbox-house.ts'
import type { Random } from '../random.ts'
import { AccountRun } from './account-run.ts'
import { ModelCrew, type Answers } from './crew.ts'
import { stubbornly } from './lane.ts'
import type { LaneList, LookAnswer } from './protocol.ts'
import { Tally } from './tally.ts'

/** Processes of a round. */
const workers = 3
/** Accounts that they work on at the same time: enough that nobody waits for locks, however long round trips take. */
const accounts = 40
/** The whole consistency check after every so manyth bout. */
const checkEvery = 20

/** One database, some accounts, some processes, one of which is killed in most bouts. */
export class Round {
  readonly tally = new Tally()
  readonly #house: MailboxHouse
  readonly #crew: ModelCrew
  readonly #random: Random
  readonly #runs: AccountRun[] = []

  constructor(house: MailboxHouse, random: Random) {
    this.#house = house
    this.#crew = new ModelCrew(house.url)
    this.#random = random
  }

  /** At least so many operations. */
  async run(operations: number): Promise<void> {
    try {
      await this.#begin()
      for (let bout = 1; this.tally.operations < operations; bout++) {
        await this.#bout(bout)
        if (bout % checkEvery === 0) await this.#check()
      }
      await this.#check()
    } finally {
      await this.#crew.stop()
    }
  }

  async #begin(): Promise<void> {
    await this.#crew.start(workers)
    for (let i = 0; i < accounts; i++) {
      const account = await this.#house.newAccount()
      const { store } = this.#house
      const run = new AccountRun(account, store, this.#random, workers, this.tally)
      await run.begin()
      this.#runs.push(run)
    }
  }

  async #bout(bout: number): Promise<void> {
    const plans = this.#runs.map((run) => run.plan(bout))
    const doomed = this.#random(3) > 0 ? this.#random(workers) : undefined
    const lists = Array.from({ length: workers }, (_, worker) => {
      return plans.flat().filter(({ lane }) => lane % workers === worker)
    })
    const worked = await Promise.all(
      this.#crew.workers.map((worker, i) => {
        const list = lists[i] ?? []
        return worker.work(list, i === doomed ? 1 + this.#random(countOf(list)) : undefined)
      }),
    )
    const answers = new Map<LaneList, Answers>()
    for (const [worker, some] of lists.entries()) {
      for (const [n, list] of some.entries()) answers.set(list, worked[worker]?.[n] ?? [])
    }
    const inDoubt = this.tally.of('in doubt')
    for (const [i, run] of this.#runs.entries()) {
      for (const list of plans[i] ?? []) run.apply(list, answers.get(list) ?? [])
    }
    const killed = await this.#crew.replaceKilled()
    if (killed.length > 0 || this.tally.of('in doubt') > inDoubt) await this.#bury(killed)
    await Promise.all(this.#runs.map((run) => run.settleNames()))
    await this.#look()
  }

  /** What was begun, and never answered, may still come to its end in Postgres: that is waited for before anybody looks. */
  async #bury(killed: readonly string[]): Promise<void> {
    this.tally.count('kill', killed.length)
    const { database } = this.#house
    const deadline = performance.now() + 120_000
    const [now] = await stubbornly(() => database.query(nowStatement))
    while ((await stubbornly(() => database.query(unfinished, [killed, now?.[0]]))).length > 0) {
      assert.ok(performance.now() < deadline, 'what nobody waits for does not end')
      await pause(5)
    }
  }

  async #look(): Promise<void> {
    const requests = this.#runs.map((run) => run.requests())
    const seen = await Promise.all(
      this.#crew.workers.map((worker, i) => {
        return worker.look(requests.flatMap((asked) => asked[i] ?? []))
      }),
    )
    const rest = seen.map((answers) => [...answers])
    for (const [n, run] of this.#runs.entries()) {
      const asked = requests[n] ?? []
      const answers = asked.map((some, worker): LookAnswer[] => {
        return rest[worker]?.splice(0, some.length) ?? []
      })
      run.agree(asked.flat(), answers.flat())
    }
  }

  async #check(): Promise<void> {
    assert.deepEqual(await stubbornly(() => this.#house.store.check()), [])
    for (const run of this.#runs) await run.checkStatus()
  }
}

const nowStatement = tupleStatement<readonly [string]>(
  'model_now',
  `SELECT clock_timestamp()::text`,
)
const unfinished = tupleStatement<readonly [number]>(
  'model_unfinished',
  `SELECT pid FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND (application_name = ANY ($1::text[]) OR xact_start < $2::timestamptz)`,
)

function countOf(lists: readonly LaneList[]): number {
  return lists.reduce((sum, { ops }) => sum + ops.length, 0)
}
