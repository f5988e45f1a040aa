import { setTimeout as pause } from 'node:timers/promises'
import { buildSegments } from '../../build-segments.ts'
import { mailboxId, modSeq, uid as toUid, type AccountId, type MailboxId } from '../../ids.ts'
import { checkpointUnopened } from '../../keeper.ts'
import { loadState } from '../../load-state.ts'
import type { Mailboxes } from '../../mailboxes.ts'
import { purgeStep } from '../../purge.ts'
import { trimLog } from '../../trim.ts'
import { StoreUnavailable } from '../../unavailable.ts'
import { deliveryTo, messageNamed, type Household } from '../mailbox-house.ts'
import { BelievingSession, type Spelling } from './believing-session.ts'
import type { ModelAnswer, ModelOp } from './protocol.ts'

type Rearrangement = Extract<ModelOp, { kind: 'create' | 'rename' | 'delete' | 'restore' }>

/** One client of an account: does one thing after the other, with sessions of its own. */
export class Lane {
  readonly #household: Household
  readonly #account: AccountId
  readonly #mailboxes: Mailboxes
  readonly #spelling: Spelling
  readonly #isReadOnly: boolean
  readonly #sessions = new Map<number, BelievingSession>()

  constructor(household: Household, account: AccountId, spelling: Spelling, isReadOnly: boolean) {
    this.#household = household
    this.#account = account
    this.#mailboxes = household.store.mailboxes(account)
    this.#spelling = spelling
    this.#isReadOnly = isReadOnly
  }

  /** Mailboxes that it has open. */
  get boxes(): readonly number[] {
    return [...this.#sessions.keys()]
  }

  /** Its session on a mailbox, opened where there is none. */
  async session(box: number): Promise<BelievingSession> {
    const known = this.#sessions.get(box)
    if (known !== undefined && !known.open.isGone) return known
    known?.open.close()
    const options = { readOnly: this.#isReadOnly }
    const open = await this.#household.store.open(this.#account, mailboxId(box), options)
    if (open === undefined) throw new Error(`mailbox ${box} can not be opened`)
    const made = new BelievingSession(open, this.#spelling)
    this.#sessions.set(box, made)
    return made
  }

  letGo(box: number): void {
    this.#sessions.get(box)?.open.close()
    this.#sessions.delete(box)
  }

  /** Does it, and tells what came of it. */
  async act(op: ModelOp): Promise<ModelAnswer> {
    switch (op.kind) {
      case 'deliver':
      case 'append':
        return this.#arrive(op)
      case 'store':
        return this.#store(op)
      case 'expunge':
        return { expunged: await (await this.session(op.box)).open.expunge(op.uids.map(toUid)) }
      case 'copy':
      case 'move':
        return this.#transfer(op)
      case 'undelete':
        return stubbornly(async (isAgain) => {
          const range = { since: new Date(0) }
          const outcome = await this.#mailboxes.undelete(mailboxId(op.box), range)
          return outcome.ok && !isAgain ? { restored: outcome.restored } : {}
        })
      case 'listen':
        return this.#listen(op)
      case 'close':
        this.letGo(op.box)
        return {}
      case 'tend':
        return this.#tend(mailboxId(op.box))
      case 'purge':
        return this.#purge(mailboxId(op.box))
      default:
        return stubbornly((isAgain) => this.#rearrange(op, isAgain))
    }
  }

  async #arrive(op: Extract<ModelOp, { kind: 'deliver' | 'append' }>): Promise<ModelAnswer> {
    const { store } = this.#household
    const octets = messageNamed(op.name)
    if (op.kind === 'append') {
      const { facts, receivedAt } = deliveryTo(this.#account, octets)
      const request = { octets, facts, receivedAt, flags: op.flags }
      const result = await store.append(this.#account, mailboxId(op.box), request)
      return result.ok ? { uid: result.uid } : {}
    }
    const place = { mailbox: op.boxName, flags: op.flags }
    const [copy] = (await store.deliver(deliveryTo(this.#account, octets, place))).copies
    return copy?.kind === 'delivered' ? { uid: copy.uid } : {}
  }

  async #store(op: Extract<ModelOp, { kind: 'store' }>): Promise<ModelAnswer> {
    const session = await this.session(op.box)
    const { open } = session
    const condition =
      op.unchangedSince === undefined ? {} : { unchangedSince: modSeq(op.unchangedSince) }
    const outcome = await open.setFlags(op.uids.map(toUid), op, condition)
    if (!outcome.ok) throw new Error(`store: ${outcome.reason}`)
    const changed = outcome.changed.map((one) => {
      return [one, session.spell(open.row(one)?.flags ?? 0)] as const
    })
    session.noteOwn(changed)
    return { changed, modified: outcome.modified }
  }

  async #transfer(op: Extract<ModelOp, { kind: 'copy' | 'move' }>): Promise<ModelAnswer> {
    const { open } = await this.session(op.box)
    const outcome = await open[op.kind](op.uids.map(toUid), mailboxId(op.to))
    if (!outcome.ok) throw new Error(`${op.kind}: ${outcome.reason}`)
    return { pairs: outcome.pairs }
  }

  async #listen(op: Extract<ModelOp, { kind: 'listen' }>): Promise<ModelAnswer> {
    const session = await this.session(op.box)
    session.listen(op.keepExpunged)
    if (op.compares) session.compare(op.keepExpunged)
    return {}
  }

  async #tend(mailbox: MailboxId): Promise<ModelAnswer> {
    const { database } = this.#household
    await checkpointUnopened(database, this.#account, mailbox)
    await trimLog(database, this.#account, mailbox, 0)
    const loaded = await loadState(database, this.#account, mailbox)
    if (loaded !== undefined) {
      await buildSegments(database, this.#account, mailbox, loaded.state, 16)
    }
    return {}
  }

  async #purge(mailbox: MailboxId): Promise<ModelAnswer> {
    const task = { account: this.#account, mailbox, kind: 'expunged' } as const
    while (await purgeStep(this.#household.database, task, 0, 0));
    return {}
  }

  async #rearrange(op: Rearrangement, isAgain: boolean): Promise<ModelAnswer> {
    if (op.kind === 'create') {
      const made = await this.#mailboxes.create(op.name)
      if (made.ok) return { box: made.mailbox.id }
      const found = isAgain ? await this.#mailboxes.find(op.name) : undefined
      if (found === undefined) throw new Error(`create: ${made.reason}`)
      return { box: found.id }
    }
    const outcome =
      op.kind === 'rename'
        ? await this.#mailboxes.rename(op.from, op.to)
        : op.kind === 'delete'
          ? await this.#mailboxes.remove(op.name)
          : await this.#mailboxes.restore(mailboxId(op.box), op.name)
    const isDone = outcome.ok || (isAgain && outcome.reason === 'nonexistent')
    if (!isDone) throw new Error(`${op.kind}: ${outcome.reason}`)
    return {}
  }
}

/** Until the database is there. Whoever asks again may find it done. */
export async function stubbornly<T>(work: (isAgain: boolean) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt > 1)
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || attempt === 600) throw error
      await pause(100)
    }
  }
}
