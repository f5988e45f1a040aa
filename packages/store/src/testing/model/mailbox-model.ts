import assert from 'node:assert/strict'
import { messageNamed } from '../mailbox-house.ts'
import { changedFlags, sameFlags } from './flag-sets.ts'
import { flagsKey, type FlagsKey, type LookAnswer, type ModelRow } from './protocol.ts'

/** A message in the model. */
export interface ModelMessage {
  readonly name: string
  readonly size: number
  flags: FlagsKey
  /** 0 until the store has been looked at. */
  messageId: number
  modSeq: number
}

/** One that was expunged. */
interface GoneMessage extends ModelMessage {
  /** A purge has come by since. */
  isPurged: boolean
}

/** A mailbox as it once was, for clients that come back. */
interface Remembered {
  readonly highestModSeq: number
  readonly rows: ReadonlyMap<number, FlagsKey>
}

/** Octets of a delivery's prefix. */
const prefixBytes = 17
const remembered = 12

/** A mailbox in plain memory: what every process must see of the real one. */
export class MailboxModel {
  readonly id: number
  name: string
  readonly messages = new Map<number, ModelMessage>()
  /** What can be undeleted, in the order of the expunges. */
  readonly #gone: GoneMessage[] = []
  /** Since the last look. */
  #touched = new Set<number>()
  #vanished = new Set<number>()
  #hasPurged = false
  #past: Remembered[] = [{ highestModSeq: 0, rows: new Map() }]
  uidNext = 1
  highestModSeq = 0
  #uidValidity = 0

  constructor(id: number, name: string) {
    this.id = id
    this.name = name
  }

  /** A message came. UIDs are told by the store; they must be new. */
  add(uid: number, name: string, flags: readonly string[], isDelivered: boolean): void {
    const size = messageNamed(name).length + (isDelivered ? prefixBytes : 0)
    this.#enter(uid, { name, size, flags: flagsKey(flags), messageId: 0, modSeq: 0 })
  }

  #enter(uid: number, message: ModelMessage): void {
    assert.ok(uid >= this.uidNext, `${this.name}: UID ${uid} was given before`)
    assert.ok(!this.messages.has(uid), `${this.name}: UID ${uid} was given twice`)
    this.messages.set(uid, message)
    this.#touched.add(uid)
  }

  /** What a STORE does; gives what it changes, and what UNCHANGEDSINCE refuses. */
  store(
    uids: readonly number[],
    op: 'set' | 'add' | 'remove',
    names: readonly string[],
    unchangedSince?: number,
  ): { readonly changed: readonly (readonly [number, FlagsKey])[]; readonly modified: number[] } {
    const changed: [number, FlagsKey][] = []
    const modified: number[] = []
    for (const [uid, message] of this.#those(uids)) {
      const isNewer =
        unchangedSince !== undefined && (message.modSeq > unchangedSince || this.#touched.has(uid))
      if (isNewer) modified.push(uid)
      else {
        const flags = changedFlags(message.flags, op, names)
        if (flags === message.flags) continue
        message.flags = flags
        this.#touched.add(uid)
        changed.push([uid, flags])
      }
    }
    return { changed, modified }
  }

  /** Expunges; gives what was there. A moved message does not come back by undelete. */
  expunge(uids: readonly number[], isMove = false): readonly number[] {
    const gone = [...this.#those(uids)]
    for (const [uid, message] of gone) {
      this.messages.delete(uid)
      this.#vanished.add(uid)
      this.#touched.delete(uid)
      if (!isMove) this.#gone.push({ ...message, isPurged: false })
    }
    return gone.map(([uid]) => uid)
  }

  /** A copy came in from another mailbox, or this one. */
  receive(uid: number, message: ModelMessage): void {
    this.#enter(uid, { ...message, modSeq: 0 })
  }

  /** Expunged messages that undelete must, and that it may bring back: by message id, with their last flags. */
  lost(): {
    readonly must: ReadonlyMap<number, GoneMessage>
    readonly may: ReadonlyMap<number, GoneMessage>
  } {
    const present = new Set([...this.messages.values()].map(({ messageId }) => messageId))
    const may = new Map<number, GoneMessage>()
    for (const message of this.#gone) {
      if (!present.has(message.messageId)) may.set(message.messageId, message)
    }
    const must = new Map([...may].filter(([, { isPurged }]) => !isPurged))
    return { must, may }
  }

  /** Expunged messages may be erased by now, and clients' modseqs too old. */
  purge(): void {
    this.#hasPurged = true
    for (const message of this.#gone) message.isPurged = true
  }

  /** Which modseq a client that comes back now was last told. */
  oldModSeq(random: (below: number) => number): number {
    return this.#past[random(this.#past.length)]?.highestModSeq ?? 0
  }

  /** Compares with what a process sees. Everything must agree; modseqs are learned. */
  agree(seen: LookAnswer, since: number): void {
    const { rows } = seen
    const where = `${this.name} (${this.id})`
    const found = new Map(rows.map(([uid, flags]): [number, FlagsKey] => [uid, flags]))
    sameFlags(found, new Map([...this.messages].map(([uid, { flags }]) => [uid, flags])), where)
    const before = this.highestModSeq
    for (const [uid, , modSeq, messageId, size] of rows) {
      const message = this.messages.get(uid)
      assert.ok(message)
      assert.equal(size, message.size, `${where}: size of ${uid}`)
      if (message.messageId !== 0) assert.equal(messageId, message.messageId, `${where}: ${uid}`)
      if (this.#touched.has(uid)) {
        assert.ok(modSeq > before, `${where}: ${uid} changed, its modseq did not rise`)
      } else assert.equal(modSeq, message.modSeq, `${where}: ${uid} did not change, its modseq did`)
      message.messageId = messageId
      message.modSeq = modSeq
    }
    for (const [uid, name] of seen.names) {
      assert.equal(name, this.messages.get(uid)?.name, `${where}: what stands under ${uid}`)
    }
    this.#agreeFigures(seen, where)
    this.#resynchronise(seen, since, where)
    this.#begin(seen)
  }

  #agreeFigures(seen: LookAnswer, where: string): void {
    const all = [...this.messages.values()]
    const count = (flag: string): number =>
      all.filter(({ flags }) => flags.split(' ').includes(flag)).length
    assert.equal(seen.unseen, all.length - count('\\seen'), `${where}: unseen`)
    assert.equal(seen.deleted, count('\\deleted'), `${where}: deleted`)
    assert.equal(
      seen.bytes,
      all.reduce((sum, { size }) => sum + size, 0),
      `${where}: bytes`,
    )
    assert.ok(seen.uidNext >= this.uidNext, `${where}: UIDNEXT fell`)
    assert.ok(seen.highestModSeq >= this.highestModSeq, `${where}: HIGHESTMODSEQ fell`)
    assert.ok(seen.uidValidity >= this.#uidValidity, `${where}: UIDVALIDITY fell`)
    for (const uid of this.messages.keys()) assert.ok(uid < seen.uidNext, `${where}: UIDNEXT`)
  }

  /** A client that was away since `since` asks what changed and vanished (RFC 7162 §3.2.5), and must know all then. */
  #resynchronise(seen: LookAnswer, since: number, where: string): void {
    const past = this.#past.find(({ highestModSeq }) => highestModSeq === since)
    if (past === undefined) return
    const known = new Map(past.rows)
    if (seen.vanishedSince === undefined) {
      assert.ok(this.#hasPurged, `${where}: expunges are forgotten without a purge`)
      const gone = [...known.keys()].filter((uid) => !this.messages.has(uid))
      for (const uid of gone) known.delete(uid)
    } else for (const uid of seen.vanishedSince) known.delete(uid)
    for (const [uid, flags] of seen.changedSince) known.set(uid, flags)
    const now = new Map(seen.rows.map(([uid, flags]): [number, FlagsKey] => [uid, flags]))
    sameFlags(known, now, `${where}: resynchronised from ${since}`)
    const back = this.#past.at(-1)
    if (back?.highestModSeq !== since || seen.vanishedSince === undefined) return
    const vanished = [...this.#vanished].toSorted((a, b) => a - b)
    assert.deepEqual(seen.vanishedSince, vanished, `${where}: vanished since ${since}`)
  }

  #begin(seen: LookAnswer): void {
    this.#touched = new Set()
    this.#vanished = new Set()
    this.uidNext = seen.uidNext
    this.highestModSeq = seen.highestModSeq
    this.#uidValidity = seen.uidValidity
    const rows = new Map([...this.messages].map(([uid, { flags }]) => [uid, flags]))
    this.#past = [...this.#past.slice(-remembered), { highestModSeq: seen.highestModSeq, rows }]
  }

  *#those(uids: readonly number[]): Generator<[number, ModelMessage]> {
    for (const uid of [...new Set(uids)].toSorted((a, b) => a - b)) {
      const message = this.messages.get(uid)
      if (message !== undefined) yield [uid, message]
    }
  }
}

/** Messages of a look that the model does not know. */
export function strangersIn(model: MailboxModel, seen: LookAnswer): readonly ModelRow[] {
  return seen.rows.filter(([uid]) => !model.messages.has(uid))
}
