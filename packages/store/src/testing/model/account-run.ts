import assert from 'node:assert/strict'
import { mailboxId, type AccountId } from '../../ids.ts'
import type { MailboxStore } from '../../mailbox-store.ts'
import type { Random } from '../random.ts'
import { AccountModel } from './account-model.ts'
import type { Answers } from './crew.ts'
import { Imagination } from './imagine.ts'
import { stubbornly } from './lane.ts'
import { spectator, type LaneList, type LookAnswer, type LookRequest } from './protocol.ts'
import type { Tally } from './tally.ts'

/** Clients of an account in each process: those of one process share its states, and their commands one queue. */
const lanesPerWorker = 2
/** Operations of one client between two looks. */
const opsPerLane = 12

/** One account of a round: what is done to it, by whom, and whether everybody saw the same come of it. */
export class AccountRun {
  readonly id: AccountId
  readonly #store: MailboxStore
  readonly #model = new AccountModel()
  readonly #random: Random
  readonly #workers: number
  readonly #tally: Tally

  constructor(id: AccountId, store: MailboxStore, random: Random, workers: number, tally: Tally) {
    this.id = id
    this.#store = store
    this.#random = random
    this.#workers = workers
    this.#tally = tally
  }

  async begin(): Promise<void> {
    for (const name of ['INBOX', 'Archive', 'Junk']) {
      const found = await this.#store.mailboxes(this.id).find(name)
      assert.ok(found)
      this.#model.addBox(found.id, name)
    }
  }

  /** Lists for one bout; lane n is a client in process n modulo their number. */
  plan(bout: number): readonly LaneList[] {
    const lanes = this.#workers * lanesPerWorker
    return Array.from({ length: lanes }, (_, lane) => {
      const turn = { lane, lanes, bout, isOwner: lane < this.#workers }
      const ops = new Imagination(this.#model, this.#random, turn).list(opsPerLane)
      return { account: this.id, lane, ops }
    })
  }

  apply({ lane, ops }: LaneList, answers: Answers): void {
    for (const [n, op] of ops.entries()) {
      const answer = answers[n]
      if (answer === undefined) {
        // Killed, or without a database: this one is in doubt, those behind it were not begun.
        this.#model.doubt(lane, op)
        this.#tally.count('in doubt')
        return
      }
      this.#model.apply(lane, op, answer)
      this.#tally.count(op.kind)
    }
  }

  async settleNames(): Promise<void> {
    if (!this.#model.doubtsNames) return
    const listed = await stubbornly(() => this.#store.mailboxes(this.id).list())
    this.#model.settleNames(new Map(listed.map(({ id, name }) => [id, name])))
  }

  /**
   * Who looks into which mailbox, by process: all of them into those that all write to, two into one that only one writes to.
   * One of them tells all that it sees.
   */
  requests(): readonly (readonly LookRequest[])[] {
    const asked = Array.from({ length: this.#workers }, (): LookRequest[] => [])
    for (const box of this.#model.boxes) {
      const owner = this.#model.ownerOf(box.id)
      const first = owner ?? this.#random(this.#workers)
      const other = (first + 1 + this.#random(this.#workers - 1)) % this.#workers
      const request = { account: this.id, box: box.id, namesFrom: box.uidNext }
      const since = box.oldModSeq(this.#random)
      for (const [worker, list] of asked.entries()) {
        if (owner !== undefined && worker !== first && worker !== other) continue
        const lane = owner === undefined || owner === worker ? worker : spectator
        list.push({ ...request, lane, since, isWhole: worker === first })
      }
    }
    return asked
  }

  /** Compares what all saw with one another, and with the model. */
  agree(requests: readonly LookRequest[], seen: readonly LookAnswer[]): void {
    const looks = requests.flatMap((request, i) => {
      const answer = seen[i]
      assert.equal(answer?.box, request.box)
      return answer === undefined ? [] : [{ request, answer }]
    })
    const told = looks.filter(({ request }) => request.isWhole)
    this.#model.settle(new Map(told.map(({ answer }) => [answer.box, answer])))
    for (const { request, answer } of told) {
      const all = looks.filter((look) => look.answer.box === answer.box)
      sameForAll(all.map((look) => look.answer))
      this.#model.agree(answer, request.since)
    }
    this.#tally.count('look', looks.length)
  }

  /** STATUS must say the same. */
  async checkStatus(): Promise<void> {
    const { boxes } = this.#model
    const ids = boxes.map(({ id }) => mailboxId(id))
    const status = await stubbornly(() => this.#store.mailboxes(this.id).status(ids))
    for (const { id, name, messages } of boxes) {
      assert.equal(status.get(mailboxId(id))?.messages, messages.size, `STATUS of ${name}`)
    }
  }
}

/** States of all processes are the same, and a message is \Recent for one session at most. */
function sameForAll(seen: readonly LookAnswer[]): void {
  const [first] = seen
  assert.ok(first)
  const recent = seen.flatMap((each) => each.recent)
  assert.equal(new Set(recent).size, recent.length, `${first.box}: \\Recent twice`)
  for (const { digest, highestModSeq, uidNext } of seen) {
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
