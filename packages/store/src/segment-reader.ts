import { LRUCache } from 'lru-cache'
import { copyOut, sqlText } from './copy-out.ts'
import type { Database } from './database.ts'
import type { AccountId, MailboxId } from './ids.ts'
import { UnpackedPart, type SegmentPart } from './segment-codec.ts'
import type { SegmentRange } from './segment-plan.ts'
import { tupleStatement } from './statement.ts'

/** What a process keeps of segments: they never change, but a mailbox gets new ones. */
export interface SegmentLimits {
  /** Octets of unpacked parts, of all mailboxes together. */
  readonly unpackedBytes: number
  /** How long it is taken as known which segments a mailbox has. */
  readonly directoryMs: number
  /** Mailboxes of which that is kept. */
  readonly directories: number
}

/** A client lists a folder in blocks: the segment at hand, and the next, of a dozen folders at once. */
export const segmentLimits: SegmentLimits = {
  unpackedBytes: 24 * 1024 * 1024,
  directoryMs: 10_000,
  directories: 1_000,
}

const directoryStatement = tupleStatement<readonly [number, number, number]>(
  'segments_directory',
  `SELECT first_uid, last_uid, n FROM mailbox_segment
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint ORDER BY first_uid`,
)

/**
 * Reads segments of any mailbox. What it says is true, and may be less than there is: a directory that is some seconds old
 * does not know the newest segment, and names one whose messages were purged. Their readers look into `message` then.
 */
export class SegmentReader {
  readonly #database: Database
  readonly #directories: LRUCache<string, Promise<readonly SegmentRange[]>>
  readonly #parts: LRUCache<string, UnpackedPart>
  readonly #reading = new Map<string, Promise<UnpackedPart | undefined>>()

  constructor(database: Database, limits: SegmentLimits = segmentLimits) {
    this.#database = database
    this.#directories = new LRUCache({ max: limits.directories, ttl: limits.directoryMs })
    this.#parts = new LRUCache({
      maxSize: limits.unpackedBytes,
      sizeCalculation: (part) => part.bytes,
    })
  }

  /** Octets of unpacked parts that are kept now. */
  get keptBytes(): number {
    return this.#parts.calculatedSize
  }

  /** The segments of a mailbox, by ascending UID. */
  directory(account: AccountId, mailbox: MailboxId): Promise<readonly SegmentRange[]> {
    const key = `${account} ${mailbox}`
    const known = this.#directories.get(key)
    if (known !== undefined) return known
    const reading = this.#readDirectory(account, mailbox)
    this.#directories.set(key, reading)
    reading.catch(() => this.#directories.delete(key))
    return reading
  }

  /** One part of the segment that begins at this UID; undefined where it is gone. */
  async part(
    account: AccountId,
    mailbox: MailboxId,
    first: number,
    part: SegmentPart,
  ): Promise<UnpackedPart | undefined> {
    const key = `${account} ${mailbox} ${first} ${part}`
    const known = this.#parts.get(key)
    if (known !== undefined) return known
    const reading = this.#reading.get(key) ?? this.#readPart(key, account, mailbox, first, part)
    this.#reading.set(key, reading)
    return reading
  }

  /** Whether the part is at hand: then even one message of it is worth taking from there. */
  has(account: AccountId, mailbox: MailboxId, first: number, part: SegmentPart): boolean {
    return this.#parts.has(`${account} ${mailbox} ${first} ${part}`)
  }

  async #readDirectory(account: AccountId, mailbox: MailboxId): Promise<readonly SegmentRange[]> {
    const rows = await this.#database.read(directoryStatement, [account, mailbox])
    return rows.map(([first, last, n]) => ({ first, last, n }))
  }

  async #readPart(
    key: string,
    account: AccountId,
    mailbox: MailboxId,
    first: number,
    part: SegmentPart,
  ): Promise<UnpackedPart | undefined> {
    try {
      const where = [sqlText.uuid(account), sqlText.integer(mailbox), sqlText.integer(first)]
      let unpacked: UnpackedPart | undefined
      await this.#database.bulk((client) =>
        copyOut(client, partText(part, where), (row) => {
          const packed = row.view()
          if (packed !== null) unpacked = new UnpackedPart(part, packed)
        }),
      )
      if (unpacked !== undefined) this.#parts.set(key, unpacked)
      return unpacked
    } finally {
      this.#reading.delete(key)
    }
  }
}

function partText(part: SegmentPart, [account, mailbox, first]: readonly string[]): string {
  return `SELECT ${part} FROM mailbox_segment
    WHERE account_id = ${account} AND mailbox_id = ${mailbox} AND first_uid = ${first}`
}
