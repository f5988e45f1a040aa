import assert from 'node:assert/strict'
import { expunge, storeFlags, transfer, type Transfer } from './compare-answers.ts'
import { decideDoubt } from './decide-doubt.ts'
import { MailboxModel, strangersIn } from './mailbox-model.ts'
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
  readonly #doubts: { readonly lane: number; readonly op: ModelOp }[] = []
  /** Mailboxes in which messages came back. Under which UIDs, the next look tells. */
  readonly #undeletes: {
    readonly box: number
    readonly restored: number | undefined
    readonly lost: ReturnType<MailboxModel['lost']>
  }[] = []

  addBox(id: number, name: string, owner?: number): void {
    this.#places.set(id, { model: new MailboxModel(id, name), owner, isDeleted: false })
  }

  /** Those that a lane may use. */
  boxesOf(lane: number): readonly MailboxModel[] {
    return this.#live(({ owner }) => owner === undefined || owner === lane)
  }

  /** Those that are a lane's alone. */
  ownBoxes(lane: number): readonly MailboxModel[] {
    return this.#live(({ owner }) => owner === lane)
  }

  get boxes(): readonly MailboxModel[] {
    return this.#live(() => true)
  }

  /** A lane's mailboxes that were deleted. */
  deletedBoxes(lane: number): readonly MailboxModel[] {
    const all = [...this.#places.values()]
    return all
      .filter(({ owner, isDeleted }) => owner === lane && isDeleted)
      .map(({ model }) => model)
  }

  /** The lane whose mailbox it is; undefined: everybody's. */
  ownerOf(box: number): number | undefined {
    return this.#place(box).owner
  }

  /** Puts into effect what a lane did, and compares what it was answered. */
  apply(lane: number, op: ModelOp, answer: ModelAnswer): void {
    switch (op.kind) {
      case 'deliver':
      case 'append':
        assert.ok(answer.uid !== undefined, `${op.kind} of ${op.name} found no mailbox`)
        this.#box(op.box).add(answer.uid, op.name, op.flags, op.kind === 'deliver')
        break
      case 'store':
        storeFlags(this.#box(op.box), op, answer)
        break
      case 'expunge':
        expunge(this.#box(op.box), op, answer)
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
        this.addBox(answer.box, op.name, lane)
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

  /** A worker was killed while a lane of it did this. */
  doubt(lane: number, op: ModelOp): void {
    this.#doubts.push({ lane, op })
  }

  /** Mailboxes may have come, gone or got another name: to be settled before anybody looks. */
  get doubtsNames(): boolean {
    return this.#doubts.some(({ op }) =>
      ['create', 'rename', 'delete', 'restore'].includes(op.kind),
    )
  }

  /** Decides these doubts by the mailboxes that there are. */
  settleNames(listed: ReadonlyMap<number, string>): void {
    for (const { lane, op } of this.#doubts) {
      if (op.kind === 'create') {
        const [made] = [...listed].filter(([, name]) => name === op.name)
        if (made !== undefined) this.addBox(made[0], op.name, lane)
      } else if (op.kind === 'rename' || op.kind === 'delete' || op.kind === 'restore') {
        const place = this.#place(op.box)
        const name = listed.get(op.box)
        place.isDeleted = name === undefined
        assert.ok(op.kind !== 'rename' || name === op.from || name === op.to, JSON.stringify(op))
        if (name !== undefined) place.model.name = name
      }
    }
  }

  /** Decides all others by what is there: each was done as a whole or not at all. */
  settle(seen: ReadonlyMap<number, LookAnswer>): void {
    for (const { box, restored, lost } of this.#undeletes.splice(0)) {
      this.#comeBack(box, restored, lost, lookAt(seen, box))
    }
    const boxOf = (id: number): MailboxModel => this.#box(id)
    for (const { op } of this.#doubts.splice(0)) {
      if (op.kind === 'undelete') {
        this.#comeBack(op.box, undefined, this.#box(op.box).lost(), lookAt(seen, op.box))
        continue
      }
      const pairs = decideDoubt(op, boxOf, (box) => lookAt(seen, box))
      if (pairs !== undefined && (op.kind === 'copy' || op.kind === 'move')) {
        this.#transfer(op, pairs)
      }
    }
  }

  #transfer(op: Transfer, pairs: readonly (readonly [number, number])[]): void {
    transfer(this.#box(op.box), this.#box(op.to), op, pairs)
  }

  /** Compares a mailbox with what a process sees of it. */
  agree(seen: LookAnswer, since: number): void {
    this.#box(seen.box).agree(seen, since)
  }

  #comeBack(
    box: number,
    restored: number | undefined,
    { must, may }: ReturnType<MailboxModel['lost']>,
    seen: LookAnswer,
  ): void {
    const model = this.#box(box)
    const found = strangersIn(model, seen).filter(([, , , id]) => may.has(id))
    // In doubt, and not done.
    if (restored === undefined && found.length === 0) return
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
