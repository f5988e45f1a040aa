import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { buildSegments } from '../build-segments.ts'
import { accountId, uid, type AccountId, type Uid } from '../ids.ts'
import { loadState } from '../load-state.ts'
import type { OpenMailbox } from '../open-mailbox.ts'
import { trimLog } from '../trim.ts'
import { StoreUnavailable } from '../unavailable.ts'
import {
  closeHousehold,
  deliveryTo,
  idOf,
  messageNamed,
  openByName,
  openHousehold,
  type Household,
} from './mailbox-house.ts'
import { randomFrom, type Random } from './random.ts'

/**
 * A process that does random things to two mailboxes until its parent tells it to stop, or kills it. It says what it is
 * about to do to a message, and what was acknowledged:
 *
 * `delivered NAME`, `copying NAME`, `expunging NAME`, `expunged NAME`, `modseq MAILBOX N`.
 */
export type TortureReport = readonly [what: string, ...about: readonly (string | number)[]]

const [, , url = '', account = '', seed = '0'] = process.argv
const places = ['INBOX', 'Archive']
const flagNames = ['\\Seen', '\\Answered', '\\Flagged', '\\Deleted', 'one', 'two']
const stopping = new AbortController()
process.on('message', () => stopping.abort())
process.on('disconnect', () => process.exit(0))

function report(...what: TortureReport): void {
  process.send?.(what)
}

/** Subjects are names: what a message is called is read back from the store itself. */
async function nameOf(mailbox: OpenMailbox, one: Uid): Promise<string> {
  for await (const { subject } of mailbox.facts([one], ['subject'])) return subject
  return ''
}

function pick({ state }: OpenMailbox, random: Random): Uid {
  return state.size === 0 ? uid(1) : state.uidAt(random(state.size))
}

class Worker {
  readonly #household: Household
  readonly #account: AccountId
  readonly #random: Random
  #made = 0

  constructor(household: Household, owner: AccountId, random: Random) {
    this.#household = household
    this.#account = owner
    this.#random = random
  }

  async run(): Promise<void> {
    const { store } = this.#household
    while (!stopping.signal.aborted) {
      const name = places[this.#random(2)] ?? 'INBOX'
      try {
        const mailbox = await openByName(store, this.#account, name)
        for (let i = 0; i < 8 && !stopping.signal.aborted; i++) await this.#act(mailbox)
        report('modseq', name, mailbox.state.highestModSeq)
        mailbox.close()
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error
        await pause(10)
      }
    }
  }

  async #act(mailbox: OpenMailbox): Promise<void> {
    const { store, database } = this.#household
    const random = this.#random
    const kind = random(12)
    if (kind < 3) {
      await this.#deliver()
    } else if (kind < 7) {
      const op = (['set', 'add', 'remove'] as const)[random(3)] ?? 'add'
      const flags = flagNames.filter(() => random(3) === 0)
      await mailbox.setFlags([pick(mailbox, random), pick(mailbox, random)], { op, flags })
    } else if (kind === 7) {
      await this.#expunge(mailbox)
    } else if (kind === 8) {
      const one = pick(mailbox, random)
      const name = await nameOf(mailbox, one)
      if (name === '') return
      report('copying', name)
      await mailbox.copy([one], await this.#other(mailbox))
    } else if (kind === 9) {
      await mailbox.move([pick(mailbox, random)], await this.#other(mailbox))
    } else if (kind === 10) {
      await trimLog(database, this.#account, mailbox.mailbox, 0)
      if (random(3) === 0) await this.#segment(mailbox)
    } else {
      await mailbox.refresh()
      mailbox.changes({ keepExpunged: random(2) === 0 })
      await store.mailboxes(this.#account).list()
    }
  }

  async #deliver(): Promise<void> {
    const name = `n${process.pid}x${this.#made++}`
    const mailbox = places[this.#random(2)] ?? 'INBOX'
    await this.#household.store.deliver(deliveryTo(this.#account, messageNamed(name), { mailbox }))
    report('delivered', name)
  }

  async #expunge(mailbox: OpenMailbox): Promise<void> {
    const one = pick(mailbox, this.#random)
    const name = await nameOf(mailbox, one)
    if (name === '') return
    report('expunging', name)
    const gone = await mailbox.expunge([one])
    if (gone.length > 0) report('expunged', name)
  }

  async #segment({ account: owner, mailbox }: OpenMailbox): Promise<void> {
    const { database } = this.#household
    const loaded = await loadState(database, owner, mailbox)
    if (loaded !== undefined) await buildSegments(database, owner, mailbox, loaded.state, 32)
  }

  #other(mailbox: OpenMailbox) {
    const name = places[this.#random(2)] ?? 'INBOX'
    return idOf(this.#household.store, mailbox.account, name)
  }
}

const household = openHousehold(url, {
  checkpointRows: 5,
  checkpointEntries: 5,
  pollMs: 100,
  idleMailboxes: 1,
  restMs: 50,
})
await new Worker(household, accountId(account), randomFrom(Number(seed))).run()
await closeHousehold(household)
process.disconnect()
