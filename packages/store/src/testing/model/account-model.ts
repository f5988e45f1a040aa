import assert from 'node:assert/strict'
import { MailboxModel, strangersIn, type ModelMessage } from './mailbox-model.ts'
import type { LookAnswer, ModelAnswer, ModelOp } from './protocol.ts'

/** A mailbox, and whose it is: only its owner renames, deletes or undeletes in it. */
interface Place {
  readonly model: MailboxModel
  readonly owner: number | undefined
  isDeleted: boolean
}

/** Every mailbox of an account in plain memory. */
export class AccountModel {
  readonly #places = new Map<number, Place>()
  /** What killed workers were doing: done or not, the next look tells. */
  readonly #doubts: ModelOp[] = []
  /** Mailboxes in which messages came back. Under which UIDs, the next look tells. */
  readonly #undeletes: {
    readonly box: number
    readonly restored: number | undefined
    readonly lost: ReturnType<MailboxModel['lost']>
  }[] = []

  addBox(id: number, name: string, owner?: number): void {
    this.#places.set(id, { model: new MailboxModel(id, name), owner, isDeleted: false })
  }

  /** Those that a worker may use. */
  boxesOf(worker: number): readonly MailboxModel[] {
    return this.#live(({ owner }) => owner === undefined || owner === worker)
  }

  /** Those that are a worker's alone. */
  ownBoxes(worker: number): readonly MailboxModel[] {
    return this.#live(({ owner }) => owner === worker)
  }

  get boxes(): readonly MailboxModel[] {
    return this.#live(() => true)
  }

  /** A worker's mailboxes that were deleted. */
  deletedBoxes(worker: number): readonly MailboxModel[] {
    const all = [...this.#places.values()]
    return all
      .filter(({ owner, isDeleted }) => owner === worker && isDeleted)
      .map(({ model }) => model)
  }

  isOwn(box: number, worker: number): boolean {
    return this.#place(box).owner === worker
  }

  isShared(box: number): boolean {
    return this.#place(box).owner === undefined
  }

  /** Puts into effect what a worker did, and compares what it was answered. */
  apply(worker: number, op: ModelOp, answer: ModelAnswer): void {
    switch (op.kind) {
      case 'deliver':
      case 'append':
        assert.ok(answer.uid !== undefined, `${op.kind} of ${op.name} found no mailbox`)
        this.#box(op.box).add(answer.uid, op.name, op.flags, op.kind === 'deliver')
        break
      case 'store': {
        const { changed, modified } = this.#box(op.box).store(
          op.uids,
          op.op,
          op.flags,
          op.unchangedSince,
        )
        assert.deepEqual(answer.changed, changed, JSON.stringify(op))
        assert.deepEqual(answer.modified, modified, JSON.stringify(op))
        break
      }
      case 'expunge':
        assert.deepEqual(answer.expunged, this.#box(op.box).expunge(op.uids), JSON.stringify(op))
        break
      case 'copy':
      case 'move':
        this.#transfer(op, answer.pairs ?? [])
        break
      case 'undelete':
        this.#undeletes.push({
          box: op.box,
          restored: answer.restored,
          lost: this.#box(op.box).lost(),
        })
        break
      case 'create':
        assert.ok(answer.box !== undefined)
        this.addBox(answer.box, op.name, worker)
        break
      case 'rename':
        this.#box(op.box).name = op.to
        break
      case 'delete':
        this.#place(op.box).isDeleted = true
        break
      case 'restore':
        this.#place(op.box).isDeleted = false
        this.#box(op.box).name = op.name
        break
      case 'purge':
        this.#box(op.box).purge()
        break
      case 'tend':
      case 'close':
      case 'listen':
    }
  }

  /** A worker was killed while it did this. */
  doubt(op: ModelOp): void {
    this.#doubts.push(op)
  }

  /** Decides doubts by what is there: each was done as a whole or not at all. */
  settle(seen: ReadonlyMap<number, LookAnswer>): void {
    for (const { box, restored, lost } of this.#undeletes.splice(0)) {
      this.#comeBack(box, restored, lost, lookAt(seen, box))
    }
    for (const op of this.#doubts.splice(0)) this.#decide(op, seen)
  }

  #decide(op: ModelOp, seen: ReadonlyMap<number, LookAnswer>): void {
    if (op.kind === 'deliver' || op.kind === 'append') {
      const { names } = lookAt(seen, op.box)
      const found = names.find(([, name]) => name === op.name)
      const model = this.#box(op.box)
      if (found !== undefined) model.add(found[0], op.name, op.flags, op.kind === 'deliver')
    } else if (op.kind === 'store') this.#decideStore(op, lookAt(seen, op.box))
    else if (op.kind === 'expunge') {
      const model = this.#box(op.box)
      const there = new Set(lookAt(seen, op.box).rows.map(([uid]) => uid))
      if (op.uids.some((uid) => model.messages.has(uid) && !there.has(uid))) model.expunge(op.uids)
    } else if (op.kind === 'copy' || op.kind === 'move') {
      this.#decideTransfer(op, lookAt(seen, op.to))
    } else if (op.kind === 'purge') this.#box(op.box).purge()
  }

  /** Done where any message shows it; whether all do is compared afterwards. */
  #decideStore(op: Extract<ModelOp, { kind: 'store' }>, seen: LookAnswer): void {
    const model = this.#box(op.box)
    const flags = new Map(seen.rows.map(([uid, key]) => [uid, key]))
    const isDone = op.uids.some((uid) => {
      const before = model.messages.get(uid)
      return before !== undefined && flags.get(uid) !== before.flags
    })
    if (isDone) model.store(op.uids, op.op, op.flags, op.unchangedSince)
  }

  #decideTransfer(op: Extract<ModelOp, { kind: 'copy' | 'move' }>, seen: LookAnswer): void {
    const source = this.#box(op.box)
    const uids = op.uids.filter((uid) => source.messages.has(uid)).toSorted((a, b) => a - b)
    const strangers = strangersIn(this.#box(op.to), seen)
    const pairs: (readonly [number, number])[] = []
    for (const uid of new Set(uids)) {
      const id = source.messages.get(uid)?.messageId
      const taken = pairs.map(([, to]) => to)
      const found = strangers.find(([to, , , messageId]) => messageId === id && !taken.includes(to))
      if (found !== undefined) pairs.push([uid, found[0]])
    }
    if (pairs.length > 0) this.#transfer(op, pairs)
  }

  #transfer(
    op: Extract<ModelOp, { kind: 'copy' | 'move' }>,
    pairs: readonly (readonly [number, number])[],
  ): void {
    const source = this.#box(op.box)
    const there = [...new Set(op.uids)].filter((uid) => source.messages.has(uid))
    const expected = there.toSorted((a, b) => a - b)
    assert.deepEqual(
      pairs.map(([from]) => from),
      expected,
      JSON.stringify(op),
    )
    const copies = pairs.flatMap(([from]): ModelMessage[] => {
      const message = source.messages.get(from)
      return message === undefined ? [] : [{ ...message }]
    })
    if (op.kind === 'move') source.expunge(op.uids, true)
    for (const [i, [, to]] of pairs.entries()) {
      const before = pairs[i - 1]?.[1] ?? 0
      assert.ok(to > before, `${JSON.stringify(op)}: UIDs do not ascend`)
      const copy = copies[i]
      if (copy !== undefined) this.#box(op.to).receive(to, copy)
    }
  }

  #comeBack(
    box: number,
    restored: number | undefined,
    { must, may }: ReturnType<MailboxModel['lost']>,
    seen: LookAnswer,
  ): void {
    const model = this.#box(box)
    const found = strangersIn(model, seen).filter(([, , , id]) => may.has(id))
    const ids = new Set(found.map(([, , , id]) => id))
    for (const id of must.keys()) assert.ok(ids.has(id), `${model.name}: ${id} did not come back`)
    assert.equal(restored ?? found.length, found.length, `${model.name}: what came back`)
    for (const [uid, , , id] of found) {
      const message = may.get(id)
      if (message !== undefined) model.receive(uid, message)
    }
  }

  #live(isWanted: (place: Place) => boolean): readonly MailboxModel[] {
    const places = [...this.#places.values()]
    return places.filter((place) => !place.isDeleted && isWanted(place)).map(({ model }) => model)
  }

  #box(id: number): MailboxModel {
    return this.#place(id).model
  }

  #place(id: number): Place {
    const place = this.#places.get(id)
    assert.ok(place, `there is no mailbox ${id}`)
    return place
  }
}

function lookAt(seen: ReadonlyMap<number, LookAnswer>, box: number): LookAnswer {
  const answer = seen.get(box)
  assert.ok(answer, `nobody looked at mailbox ${box}`)
  return answer
}
