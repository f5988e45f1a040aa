import type { Random } from '../random.ts'
import type { AccountModel } from './account-model.ts'
import type { MailboxModel } from './mailbox-model.ts'
import type { ModelOp } from './protocol.ts'

/** The system flags and more keywords than a flag word has bits for. */
const flagNames = [
  '\\Seen',
  '\\Answered',
  '\\Flagged',
  '\\Deleted',
  '\\Draft',
  ...Array.from({ length: 35 }, (_, i) => `k${i}`),
]
/** A mailbox with more messages than this is emptied rather than filled. */
const roomy = 90

/** Whose turn it is, and in which bout. */
export interface Turn {
  readonly lane: number
  readonly lanes: number
  readonly bout: number
  /** It makes, renames and deletes mailboxes of its own. */
  readonly isOwner: boolean
}

/**
 * Imagines what a client does in one bout. Clients share mailboxes, but in one bout no two of them touch the same message, so
 * that the outcome does not depend on who was first, while their log rows interleave as they like.
 */
export class Imagination {
  readonly #account: AccountModel
  readonly #random: Random
  readonly #turn: Turn
  /** Own mailboxes by name: renamed and deleted ones are the lane's own business until the bout is over. */
  readonly #names: Map<number, string>
  readonly #closed = new Set<number>()
  static #made = 0

  constructor(account: AccountModel, random: Random, turn: Turn) {
    this.#account = account
    this.#random = random
    this.#turn = turn
    this.#names = new Map(account.boxesOf(turn.lane).map(({ id, name }) => [id, name]))
  }

  /** A list of things to do. */
  list(count: number): readonly ModelOp[] {
    const ops: ModelOp[] = []
    while (ops.length < count) {
      const op = this.#imagine()
      if (op !== undefined) ops.push(op)
    }
    return ops
  }

  #imagine(): ModelOp | undefined {
    const boxes = this.#account.boxesOf(this.#turn.lane).filter(({ id }) => !this.#closed.has(id))
    const box = boxes[this.#random(boxes.length)]
    if (box === undefined) return undefined
    const dice = this.#random(100)
    if (dice < 22) return this.#arrive(box)
    if (dice < 60) return this.#store(box)
    if (dice < 70) return { kind: 'expunge', box: box.id, uids: this.#some(box) }
    if (dice < 84) {
      const to = boxes[this.#random(boxes.length)] ?? box
      const kind = dice < 76 ? 'copy' : 'move'
      return { kind, box: box.id, uids: this.#some(box), to: to.id }
    }
    if (dice < 88) {
      const [keepExpunged, compares] = [this.#random(2) === 0, this.#random(2) === 0]
      return { kind: 'listen', box: box.id, keepExpunged, compares }
    }
    if (dice < 91) return { kind: 'close', box: box.id }
    if (dice < 93) return { kind: 'tend', box: box.id }
    if (dice < 94) return { kind: 'purge', box: box.id }
    return this.#turn.isOwner ? this.#rearrange(box, dice) : undefined
  }

  #arrive(box: MailboxModel): ModelOp {
    const isFull = box.messages.size > roomy
    if (isFull) return { kind: 'expunge', box: box.id, uids: this.#some(box, 12) }
    const name = `m${Imagination.#made++}`
    const flags = this.#random(3) === 0 ? this.#flags() : []
    const boxName = this.#names.get(box.id) ?? box.name
    return this.#random(3) === 0
      ? { kind: 'append', box: box.id, name, flags }
      : { kind: 'deliver', box: box.id, boxName, name, flags }
  }

  #store(box: MailboxModel): ModelOp {
    const op = (['set', 'add', 'remove'] as const)[this.#random(3)] ?? 'add'
    const store = { kind: 'store', box: box.id, uids: this.#some(box), op } as const
    const flags = this.#flags()
    if (this.#random(5) > 0) return { ...store, flags }
    return { ...store, flags, unchangedSince: box.oldModSeq(this.#random) }
  }

  #rearrange(box: MailboxModel, dice: number): ModelOp | undefined {
    const { lane } = this.#turn
    const own = this.#account.ownBoxes(lane)
    if (this.#account.ownerOf(box.id) !== lane) {
      if (own.length >= 2) return undefined
      const [lost] = this.#account.deletedBoxes(lane).filter(({ id }) => !this.#closed.has(id))
      if (lost === undefined || dice < 95) return this.#create()
      this.#closed.add(lost.id)
      return { kind: 'restore', box: lost.id, name: this.#newName() }
    }
    if (dice < 96) {
      const from = this.#names.get(box.id) ?? box.name
      const to = this.#newName()
      this.#names.set(box.id, to)
      return { kind: 'rename', box: box.id, from, to }
    }
    // Nothing more happens in it in this bout.
    this.#closed.add(box.id)
    if (dice < 98) return { kind: 'undelete', box: box.id }
    return { kind: 'delete', box: box.id, name: this.#names.get(box.id) ?? box.name }
  }

  #create(): ModelOp | undefined {
    // One at a time: how many there are then is known after the bout.
    if (this.#closed.has(-1)) return undefined
    this.#closed.add(-1)
    return { kind: 'create', name: this.#newName() }
  }

  #newName(): string {
    return `Own ${this.#turn.lane}/${Imagination.#made++}`
  }

  #flags(): readonly string[] {
    const count = this.#random(4)
    return Array.from(
      { length: count },
      () => flagNames[this.#random(this.#random(2) === 0 ? 6 : flagNames.length)] ?? 'k0',
    )
  }

  /** Some messages of the mailbox that are this lane's in this bout, and perhaps one that was never there. */
  #some(box: MailboxModel, most = 5): readonly number[] {
    const { lane, lanes, bout } = this.#turn
    const isShared = this.#account.ownerOf(box.id) === undefined
    const mine = isShared
      ? [...box.messages.keys()].filter((uid) => (uid + bout) % lanes === lane)
      : [...box.messages.keys()]
    const count = Math.min(mine.length, 1 + this.#random(most))
    const uids = Array.from({ length: count }, () => mine[this.#random(mine.length)] ?? 1)
    return this.#random(20) === 0 ? [...uids, 4_000_000_000] : uids
  }
}
