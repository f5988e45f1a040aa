import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { AccountId } from '../../ids.ts'
import { mailboxId } from '../../ids.ts'
import { StoreUnavailable } from '../../unavailable.ts'
import { openMailboxHouse, type MailboxHouse } from '../mailbox-house.ts'
import { randomFrom, type Random } from '../random.ts'
import { AccountModel } from './account-model.ts'
import { ModelCrew, type Answers } from './crew.ts'
import { Imagination } from './imagine.ts'
import type { LookAnswer, LookRequest, ModelOp } from './protocol.ts'

const workers = 3
/** Operations of one worker between two looks. */
const opsPerBout = 40
/** A worker is killed in every so manyth bout. */
const killEvery = 20
/** The whole consistency check in every so manyth. */
const checkEvery = 40

/**
 * Three processes do random things to one account's mailboxes, at the same time; one is killed now and then. After each bout
 * every process's state, what its sessions were told, and what a client hears that resynchronises (RFC 7162) are compared with
 * a model in plain memory. POSTHOUSE_MODEL_SEED and POSTHOUSE_MODEL_OPERATIONS overrule. A machine that is too busy to do all
 * of it in `maxSeconds` does less.
 */
export function modelTest(defaultOperations: number, maxSeconds = Infinity): void {
  let house: MailboxHouse
  before(async () => {
    house = await openMailboxHouse()
  })
  after(() => house.close())

  test('processes that work and die at random agree with a model in memory', async (t) => {
    const seed = Number(process.env['POSTHOUSE_MODEL_SEED'] ?? Date.now() % 1_000_000)
    const operations = Number(process.env['POSTHOUSE_MODEL_OPERATIONS'] ?? defaultOperations)
    t.diagnostic(`seed ${seed}`)
    const account = await house.newAccount()
    const crew = new ModelCrew(house.url, account)
    try {
      await crew.start(workers)
      const run = new Run(house, crew, account, randomFrom(seed))
      const done = await runFor(run, operations, maxSeconds)
      t.diagnostic(`${done} operations`)
    } catch (error) {
      throw new Error(`with seed ${seed}`, { cause: error })
    } finally {
      await crew.stop()
    }
  })
}

async function runFor(run: Run, operations: number, maxSeconds: number): Promise<number> {
  await run.begin()
  const deadline = performance.now() + maxSeconds * 1000
  const each = workers * opsPerBout
  let bout = 0
  while (bout * each < operations && performance.now() < deadline) await run.bout(++bout)
  await run.check()
  return bout * each
}

class Run {
  readonly #house: MailboxHouse
  readonly #crew: ModelCrew
  readonly #accountId: AccountId
  readonly #random: Random
  readonly #account = new AccountModel()

  constructor(house: MailboxHouse, crew: ModelCrew, account: AccountId, random: Random) {
    this.#house = house
    this.#crew = crew
    this.#accountId = account
    this.#random = random
  }

  async begin(): Promise<void> {
    const mailboxes = this.#house.store.mailboxes(this.#accountId)
    for (const name of ['INBOX', 'Archive', 'Junk']) {
      const found = await mailboxes.find(name)
      assert.ok(found)
      this.#account.addBox(found.id, name)
    }
  }

  async bout(bout: number): Promise<void> {
    const doomed = bout % killEvery === 0 ? this.#random(workers) : undefined
    const lists = Array.from({ length: workers }, (_, worker) => {
      const turn = { worker, workers, bout, isDoomed: worker === doomed }
      return new Imagination(this.#account, this.#random, turn).list(opsPerBout)
    })
    const killAfter = this.#random(opsPerBout - 1)
    const answers = await Promise.all(
      this.#crew.workers.map((worker, i) => {
        return worker.work(lists[i] ?? [], i === doomed ? killAfter : undefined)
      }),
    )
    for (const [worker, ops] of lists.entries()) this.#apply(worker, ops, answers[worker] ?? [])
    await this.#crew.replaceKilled()
    await this.#look()
    if (bout % checkEvery === 0) await this.check()
  }

  async check(): Promise<void> {
    assert.deepEqual(await stubbornly(() => this.#house.store.check()), [])
    const boxes = this.#account.boxes
    const mailboxes = this.#house.store.mailboxes(this.#accountId)
    const status = await stubbornly(() => {
      return mailboxes.status(boxes.map(({ id }) => mailboxId(id)))
    })
    for (const { id, messages } of boxes) {
      assert.equal(status.get(mailboxId(id))?.messages, messages.size)
    }
  }

  #apply(worker: number, ops: readonly ModelOp[], answers: Answers): void {
    for (const [n, op] of ops.entries()) {
      const answer = answers[n]
      if (answer === undefined) {
        // Killed, or without a database: this one is in doubt, those behind it were not begun.
        this.#account.doubt(op)
        return
      }
      this.#account.apply(worker, op, answer)
    }
  }

  /** Every process looks at every mailbox; one of them tells all. */
  async #look(): Promise<void> {
    const { boxes } = this.#account
    const since = boxes.map((box) => box.oldModSeq(this.#random))
    const teller = this.#random(workers)
    const looks = await Promise.all(
      this.#crew.workers.map((worker, i) => {
        return worker.look(
          boxes.map(({ id, uidNext }, at): LookRequest => ({
            box: id,
            isReadOnly: !this.#account.isShared(id) && !this.#account.isOwn(id, i),
            namesFrom: uidNext,
            since: since[at] ?? 0,
            isWhole: i === teller,
          })),
        )
      }),
    )
    const told = looks[teller] ?? []
    this.#account.settle(new Map(told.map((seen) => [seen.box, seen])))
    for (const [at, seen] of told.entries()) {
      sameForAll(looks.flatMap((look) => look[at] ?? []))
      boxes[at]?.agree(seen, since[at] ?? 0)
    }
  }
}

/** States of all processes are the same, their sessions were told it all, and a message is \Recent for one at most. */
function sameForAll(seen: readonly LookAnswer[]): void {
  const [first] = seen
  assert.ok(first)
  const recent = seen.flatMap((each) => each.recent)
  assert.equal(new Set(recent).size, recent.length, `${first.box}: \\Recent twice`)
  for (const each of seen) {
    const { digest, highestModSeq, uidNext, told } = each
    assert.equal(told, '', `mailbox ${first.box}`)
    assert.deepEqual(
      { digest, highestModSeq, uidNext },
      {
        digest: first.digest,
        highestModSeq: first.highestModSeq,
        uidNext: first.uidNext,
      },
      `mailbox ${first.box} is not the same in all processes`,
    )
  }
}

/** A machine that is very busy may seem to have no database for a while. */
async function stubbornly<T>(work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + 60_000
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || performance.now() > deadline) throw error
      await pause(100)
    }
  }
}
