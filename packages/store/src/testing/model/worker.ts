import { createHash } from 'node:crypto'
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { buildSegments } from '../../build-segments.ts'
import { accountId, mailboxId, modSeq, uid as toUid, type MailboxId, type Uid } from '../../ids.ts'
import { checkpointUnopened } from '../../keeper.ts'
import { loadState } from '../../load-state.ts'
import type { OpenMailbox } from '../../open-mailbox.ts'
import { purgeStep } from '../../purge.ts'
import { trimLog } from '../../trim.ts'
import { StoreUnavailable } from '../../unavailable.ts'
import { closeHousehold, deliveryTo, messageNamed, openHousehold } from '../mailbox-house.ts'
import {
  flagsKey,
  type FromWorker,
  type LookAnswer,
  type LookRequest,
  type ModelAnswer,
  type ModelOp,
  type ModelRow,
  type ToWorker,
} from './protocol.ts'

// A process of the model test: does what it is told to the store, and tells what came of it and what it sees.

const [, , url = '', accountText = ''] = process.argv
const account = accountId(accountText)
// Small, so that every path is walked all the time.
const household = openHousehold(url, {
  checkpointRows: 8,
  checkpointEntries: 16,
  pollMs: 1_000,
  idleMailboxes: 1,
  restMs: 20,
})
const { store, database } = household
const mailboxes = store.mailboxes(account)

/** A session, and what a client that believes it would think is there. */
interface Hold {
  readonly open: OpenMailbox
  readonly believed: Map<number, string>
}
const holds = new Map<string, Hold>()

async function hold(box: number, isReadOnly = false): Promise<Hold> {
  const key = `${box} ${isReadOnly}`
  const known = holds.get(key)
  if (known !== undefined && !known.open.isGone) return known
  known?.open.close()
  const open = await store.open(account, mailboxId(box), { readOnly: isReadOnly })
  if (open === undefined) throw new Error(`mailbox ${box} can not be opened`)
  const made = { open, believed: new Map(rowsOf(open).map(([one, flags]) => [one, flags])) }
  holds.set(key, made)
  return made
}

function letGo(box: number): void {
  for (const [key, { open }] of holds) {
    if (open.mailbox !== box) continue
    open.close()
    holds.delete(key)
  }
}

function rowsOf(open: OpenMailbox): ModelRow[] {
  const { state } = open
  return Array.from({ length: state.size }, (_, i) => rowAt(open, i))
}

function rowAt(open: OpenMailbox, i: number): ModelRow {
  const { state } = open
  const flags = flagsKey(open.flagNames(state.flagsAt(i)))
  return [state.uidAt(i), flags, state.modSeqAt(i), state.messageIdAt(i), state.sizeAt(i)]
}

function listen({ open, believed }: Hold, keepExpunged: boolean): void {
  for (const change of open.changes({ keepExpunged })) {
    if (change.kind === 'expunged') believed.delete(change.uid)
    else if (change.kind === 'flags') {
      believed.set(change.uid, flagsKey(open.flagNames(change.flags)))
    } else {
      for (const one of change.uids) {
        believed.set(one, flagsKey(open.flagNames(open.row(one)?.flags ?? 0)))
      }
    }
  }
}

async function act(op: ModelOp): Promise<ModelAnswer> {
  switch (op.kind) {
    case 'deliver': {
      const { boxName: mailbox, flags } = op
      const delivery = deliveryTo(account, messageNamed(op.name), { mailbox, flags })
      const [copy] = (await store.deliver(delivery)).copies
      return copy?.kind === 'delivered' ? { uid: copy.uid } : {}
    }
    case 'append': {
      const { octets, facts, receivedAt } = deliveryTo(account, messageNamed(op.name))
      const request = { octets, facts, receivedAt, flags: op.flags }
      const result = await store.append(account, mailboxId(op.box), request)
      return result.ok ? { uid: result.uid } : {}
    }
    case 'store':
      return storeFlags(op)
    case 'expunge':
      return { expunged: await (await hold(op.box)).open.expunge(op.uids.map(toUid)) }
    case 'copy':
    case 'move': {
      const { open } = await hold(op.box)
      const outcome = await open[op.kind](op.uids.map(toUid), mailboxId(op.to))
      if (!outcome.ok) throw new Error(`${op.kind}: ${outcome.reason}`)
      return { pairs: outcome.pairs }
    }
    case 'undelete':
      return stubbornly(async (isAgain) => {
        const outcome = await mailboxes.undelete(mailboxId(op.box), { since: new Date(0) })
        return outcome.ok && !isAgain ? { restored: outcome.restored } : {}
      })
    case 'listen':
      listen(await hold(op.box), op.keepExpunged)
      return {}
    case 'close':
      letGo(op.box)
      return {}
    case 'tend':
      await tend(mailboxId(op.box))
      return {}
    case 'purge':
      await purge(mailboxId(op.box))
      return {}
    default:
      return stubbornly((isAgain) => rearrange(op, isAgain))
  }
}

/** Until the database is there. Whoever asks again may find it done. */
async function stubbornly<T>(work: (isAgain: boolean) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt > 1)
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || attempt === 300) throw error
      await pause(100)
    }
  }
}

async function rearrange(
  op: Extract<ModelOp, { kind: 'create' | 'rename' | 'delete' | 'restore' }>,
  isAgain: boolean,
): Promise<ModelAnswer> {
  if (op.kind === 'create') {
    const made = await mailboxes.create(op.name)
    if (made.ok) return { box: made.mailbox.id }
    const found = isAgain ? await mailboxes.find(op.name) : undefined
    if (found === undefined) throw new Error(`create: ${made.reason}`)
    return { box: found.id }
  }
  const outcome =
    op.kind === 'rename'
      ? await mailboxes.rename(op.from, op.to)
      : op.kind === 'delete'
        ? await mailboxes.remove(op.name)
        : await mailboxes.restore(mailboxId(op.box), op.name)
  const isDone = outcome.ok || (isAgain && outcome.reason === 'nonexistent')
  if (!isDone) throw new Error(`${op.kind}: ${outcome.reason}`)
  return {}
}

async function storeFlags(op: Extract<ModelOp, { kind: 'store' }>): Promise<ModelAnswer> {
  const { open, believed } = await hold(op.box)
  const condition =
    op.unchangedSince === undefined ? {} : { unchangedSince: modSeq(op.unchangedSince) }
  const outcome = await open.setFlags(op.uids.map(toUid), op, condition)
  if (!outcome.ok) throw new Error(`store: ${outcome.reason}`)
  const changed = outcome.changed.map((one) => {
    return [one, flagsKey(open.flagNames(open.row(one)?.flags ?? 0))] as const
  })
  // The answer tells this session; changes() does not repeat it. A message it was not told of is news still.
  for (const [one, flags] of changed) if (believed.has(one)) believed.set(one, flags)
  return { changed, modified: outcome.modified }
}

async function tend(mailbox: MailboxId): Promise<void> {
  await checkpointUnopened(database, account, mailbox)
  await trimLog(database, account, mailbox, 0)
  const loaded = await loadState(database, account, mailbox)
  if (loaded !== undefined) await buildSegments(database, account, mailbox, loaded.state, 16)
}

async function purge(mailbox: MailboxId): Promise<void> {
  const task = { account, mailbox, kind: 'expunged' } as const
  while (await purgeStep(database, task, 0, 0));
}

async function look(request: LookRequest): Promise<LookAnswer> {
  const held = await hold(request.box, request.isReadOnly)
  const { open } = held
  await open.refresh()
  listen(held, false)
  const { state } = open
  const rows = rowsOf(open)
  const since = modSeq(request.since)
  // Before anything else is awaited: the rows above are of this moment.
  const { highestModSeq, uidNext, uidValidity, unseen, deleted, bytes } = state
  const changed = request.isWhole ? state.changedSince(since) : []
  const changedSince = Array.from(changed, (i) => rowAt(open, i))
  const fresh = rows.filter(([one]) => one >= request.namesFrom).map(([one]) => toUid(one))
  return {
    box: request.box,
    highestModSeq,
    uidNext,
    uidValidity,
    unseen,
    deleted,
    bytes,
    digest: createHash('sha1').update(rows.join('\n')).digest('base64'),
    rows: request.isWhole ? rows : [],
    changedSince,
    told: difference(held.believed, rows),
    recent: request.isReadOnly ? [] : fresh.filter((one) => open.isRecent(one)),
    names: request.isWhole ? await namesOf(open, fresh) : [],
    vanishedSince: request.isWhole ? await open.vanishedSince(since) : undefined,
  }
}

async function namesOf(open: OpenMailbox, uids: readonly Uid[]) {
  const names: (readonly [number, string])[] = []
  for await (const { uid, subject } of open.facts(uids, ['subject'])) names.push([uid, subject])
  return names
}

function difference(believed: ReadonlyMap<number, string>, rows: readonly ModelRow[]): string {
  const there = new Map(rows.map(([one, flags]) => [one, flags]))
  const wrong = [...new Set([...believed.keys(), ...there.keys()])].filter((one) => {
    return believed.get(one) !== there.get(one)
  })
  return wrong
    .map(
      (one) => `${one} was told as ${believed.get(one) ?? 'gone'}, is ${there.get(one) ?? 'gone'}`,
    )
    .join('; ')
}

/** Resolves when it is on its way: what was answered must be heard even when this process is killed in the next moment. */
function tell(message: FromWorker): Promise<void> {
  return new Promise((resolve) => {
    process.send?.(message, undefined, undefined, () => resolve())
  })
}

/** As far as the database is there. */
async function workThrough(ops: readonly ModelOp[]): Promise<void> {
  for (const [n, op] of ops.entries()) {
    let answer: ModelAnswer
    try {
      answer = await act(op)
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      await tell({ type: 'broken', n })
      return
    }
    await tell({ type: 'answer', n, answer })
  }
}

async function obey(message: ToWorker): Promise<void> {
  if (message.type === 'work') {
    await workThrough(message.ops)
  } else if (message.type === 'look') {
    const wanted = new Set(message.boxes.map(({ box }) => box))
    for (const { open } of holds.values()) if (!wanted.has(open.mailbox)) letGo(open.mailbox)
    const boxes: LookAnswer[] = []
    for (const request of message.boxes) {
      boxes.push(await stubbornly(() => look(request)))
    }
    await tell({ type: 'looked', boxes })
  } else {
    for (const { open } of holds.values()) open.close()
    await closeHousehold(household)
    process.disconnect()
  }
}

process.on('message', (message: ToWorker) => void obey(message))
process.on('disconnect', () => process.exit(0))
await tell({ type: 'ready' })
