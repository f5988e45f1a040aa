import pg from 'pg'
import { computeFacts } from '@posthouse/message'
import { migrate, newUuid, openStore, uuidToBase32, type Store } from '@posthouse/store'
import { silentLog } from '@posthouse/telemetry'

/** Recipients of one message: each has a row of its own, and the message's octets are of no matter here. */
const recipientsEach = 1_000

/** One recipient in this many has a place of its own in the queue. */
const shapes = { flood: 2, later: 5 }

/** Destinations that a worker is busy with while it claims. */
const busy = Array.from({ length: 50 }, (_, n) => `busy${n}.test`)

/** What one claim was. */
export interface ClaimFigures {
  readonly seconds: number
  readonly recipients: number
}

/**
 * A queue of a database of its own, full of mail that nobody sends: half of it for one destination, a fifth not due before
 * tomorrow, the rest for others, five recipients each; some of those paused, and some that a worker is busy with.
 */
export class FullQueue {
  readonly #url: string
  #size = 0

  private constructor(url: string) {
    this.#url = url
  }

  /** Makes the database anew on the server of this one. */
  static async make(serverUrl: string): Promise<FullQueue> {
    const url = new URL(serverUrl)
    url.pathname = '/queue_claim'
    const client = new pg.Client({ connectionString: serverUrl })
    await client.connect()
    await client.query('DROP DATABASE IF EXISTS queue_claim WITH (FORCE)')
    await client.query('CREATE DATABASE queue_claim')
    await client.end()
    await migrate(url.href)
    return new FullQueue(url.href)
  }

  /** Until so many recipients wait. */
  async grow(size: number): Promise<void> {
    const parts: Part[] = []
    for (let from = this.#size; from < size; from += recipientsEach) {
      const count = Math.min(recipientsEach, size - from)
      const addresses = Array.from({ length: count }, (_, i) => addressOf(from + i))
      const isLater = (from / recipientsEach) % shapes.later === 1
      parts.push({ addresses, releaseAt: isLater ? tomorrow() : undefined })
    }
    this.#size = Math.max(size, this.#size)
    await this.#use(async (store) => {
      for (let first = 0; first < parts.length; first += 8) {
        await Promise.all(parts.slice(first, first + 8).map((part) => submit(store, part)))
      }
      for (let n = 0; n < 20; n++) {
        const how = { because: 'bench' }
        await store.queue.pause(`d${n * 7}.test`, how, { via: 'bench', user: '' })
      }
    })
  }

  /** Claims as a worker with room for many destinations does, and gives everything back each time. */
  async claims(count: number): Promise<readonly ClaimFigures[]> {
    const figures: ClaimFigures[] = []
    await this.#use(async (store) => {
      await claimOnce(store)
      while (figures.length < count) figures.push(await claimOnce(store))
    })
    return figures
  }

  async #use(work: (store: Store) => Promise<void>): Promise<void> {
    const where = { database: this.#url, log: silentLog, app: 'bench', unsafe: true }
    const store = await openStore(where)
    try {
      await work(store)
    } finally {
      await store.close()
    }
  }
}

interface Part {
  readonly addresses: readonly string[]
  readonly releaseAt: Date | undefined
}

async function claimOnce({ queue }: Store): Promise<ClaimFigures> {
  const begun = performance.now()
  const claim = await queue.claim({
    worker: 'bench',
    destinations: 50,
    perDestination: 400,
    except: busy,
    leaseSeconds: 600,
  })
  const seconds = (performance.now() - begun) / 1000
  const recipients = claim.messages.reduce((sum, one) => sum + one.recipients.length, 0)
  if (recipients === 0) throw new Error('nothing was claimed from a full queue')
  await queue.release(claim.token)
  return { seconds, recipients }
}

async function submit(store: Store, { addresses, releaseAt }: Part): Promise<void> {
  const octets = Buffer.from(`Subject: ${addresses[0] ?? ''}\r\n\r\n`)
  await store.deliver({
    octets,
    facts: computeFacts(octets),
    receivedAt: new Date(),
    queueId: uuidToBase32(newUuid()),
    recipients: [],
    outbound: {
      account: null,
      sender: 'bench@example.test',
      prefix: Buffer.alloc(0),
      recipients: addresses.map((address) => ({ address })),
      isEightBit: false,
      needsSmtpUtf8: false,
      ...(releaseAt !== undefined && { releaseAt }),
    },
  })
}

function addressOf(n: number): string {
  if (n % shapes.flood === 0) return `r${n}@flood.test`
  return n % 100 === 1 ? `r${n}@busy${n % busy.length}.test` : `r${n}@d${Math.floor(n / 10)}.test`
}

function tomorrow(): Date {
  return new Date(Date.now() + 86_400_000)
}
