import process from 'node:process'
import { accountId } from '../../ids.ts'
import { silentLog } from '../../store-log.ts'
import { StoreUnavailable } from '../../unavailable.ts'
import { closeHousehold, openHousehold } from '../mailbox-house.ts'
import type { Spelling } from './believing-session.ts'
import { Lane, stubbornly } from './lane.ts'
import { observe } from './observe.ts'
import {
  spectator,
  type FromWorker,
  type LaneList,
  type ListAnswer,
  type LookAnswer,
  type LookRequest,
  type ToWorker,
} from './protocol.ts'

// A process of the model test: does what it is told to the store, and tells what came of it and what it sees.

const [, , url = '', app = ''] = process.argv
/** Times that a connection was lost: what the store then finds done, its answer leaves out. */
let losses = 0
const noteLoss = (): void => {
  losses++
}
const log = { ...silentLog, debug: noteLoss, warn: noteLoss }
// Small, so that every path is walked all the time.
const household = openHousehold(
  url,
  { checkpointRows: 8, checkpointEntries: 16, pollMs: 1_000, idleMailboxes: 1, restMs: 50 },
  // On a busy machine a transaction holds its connection long, and many wait for one.
  {
    app,
    log,
    limits: { connections: 30, connectMs: 120_000, lockMs: 30_000, statementMs: 120_000 },
  },
)

/** The clients of one account in this process. */
class Client {
  readonly lanes = new Map<number, Lane>()
  readonly #spelling: Spelling = new Map()
  readonly #account: string

  constructor(account: string) {
    this.#account = account
  }

  lane(n: number): Lane {
    const known = this.lanes.get(n)
    if (known !== undefined) return known
    const account = accountId(this.#account)
    const made = new Lane(household, account, this.#spelling, n === spectator)
    this.lanes.set(n, made)
    return made
  }

  /** Looks into these mailboxes, and leaves all others. */
  async look(requests: readonly LookRequest[]): Promise<readonly LookAnswer[]> {
    const wanted = new Set(requests.map(({ box }) => box))
    for (const lane of this.lanes.values()) {
      for (const box of lane.boxes) if (!wanted.has(box)) lane.letGo(box)
    }
    const seen: LookAnswer[] = []
    for (const request of requests) {
      seen.push(await stubbornly(() => this.#lookInto(request)))
    }
    return seen
  }

  async #lookInto(request: LookRequest): Promise<LookAnswer> {
    const { box } = request
    const holders = [...this.lanes.values()].filter((lane) => lane.boxes.includes(box))
    const first = await (holders[0] ?? this.lane(request.lane)).session(box)
    const others = await Promise.all(holders.slice(1).map((lane) => lane.session(box)))
    return observe(request, [first, ...others])
  }
}

const clients = new Map<string, Client>()

function clientOf(account: string): Client {
  const known = clients.get(account)
  if (known !== undefined) return known
  const made = new Client(account)
  clients.set(account, made)
  return made
}

function send(message: FromWorker): Promise<void> {
  return new Promise((resolve) => {
    process.send?.(message, undefined, undefined, () => resolve())
  })
}

let waiting: ListAnswer[] = []
let sending: Promise<void> | undefined

/** Resolves when it is on its way: what was answered must be heard even when this process is killed in the next moment. */
function tell(answer: ListAnswer): Promise<void> {
  waiting.push(answer)
  sending ??= new Promise((resolve) => {
    setImmediate(() => {
      const answers = waiting
      waiting = []
      sending = undefined
      void send({ type: 'answers', answers }).then(resolve)
    })
  })
  return sending
}

/** As far as the database is there. */
async function workThrough(list: number, { account, lane: n, ops }: LaneList): Promise<void> {
  const lane = clientOf(account).lane(n)
  for (const [i, op] of ops.entries()) {
    try {
      const before = losses
      const answer = await lane.act(op)
      await tell([list, i, losses === before ? answer : { ...answer, hadLoss: true }])
    } catch (error) {
      if (error instanceof StoreUnavailable) return
      throw new Error(`lane ${n}, ${JSON.stringify(op)}`, { cause: error })
    }
  }
}

async function lookAll(requests: readonly LookRequest[]): Promise<readonly LookAnswer[]> {
  const byAccount = Map.groupBy(requests, ({ account }) => account)
  const looks = [...byAccount].map(([account, some]) => clientOf(account).look(some))
  return (await Promise.all(looks)).flat()
}

async function obey(message: ToWorker): Promise<void> {
  if (message.type === 'work') {
    await Promise.all(message.lists.map((list, n) => workThrough(n, list)))
    await send({ type: 'worked' })
  } else if (message.type === 'look') {
    await send({ type: 'looked', boxes: await lookAll(message.requests) })
  } else {
    await closeHousehold(household)
    process.disconnect()
  }
}

process.on('message', (message: ToWorker) => void obey(message))
process.on('disconnect', () => process.exit(0))
await send({ type: 'ready' })
