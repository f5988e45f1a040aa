import assert from 'node:assert/strict'
import { logIn, type RawClient, type Suite } from '@posthouse/testkit'
import { Random } from './random.ts'
import { ResyncCache, sortedFlags } from './resync-cache.ts'

const holdsNumbers = /^(FETCH|STORE|SEARCH|SORT|THREAD) /

/** A client with a cache: restless, and forever losing its connection. It checks that it never misses anything. */
export class ResyncingClient {
  readonly cache = new ResyncCache()
  readonly #suite: Suite
  readonly #address: string
  readonly #mailbox: string
  readonly #random: Random
  #client: RawClient | undefined
  #count = 0
  /** Messages with news that was not told: they must be gone. */
  #doubtful: number[] = []

  constructor(suite: Suite, address: string, mailbox: string, seed: number) {
    this.#suite = suite
    this.#address = address
    this.#mailbox = mailbox
    this.#random = new Random(seed)
  }

  /** Connects and resynchronises, one way or another (RFC 7162 §3.2.5). */
  async connect(): Promise<void> {
    this.cache.reset()
    this.#client = await this.#suite.connect('imap')
    await this.#client.readLine()
    await logIn(this.#client, 'imap', this.#address)
    await this.ask('ENABLE QRESYNC')
    await this.#select()
  }

  /** Does some command, or loses the connection in the middle of it. */
  async act(): Promise<void> {
    if (this.#random.below(12) === 0) return this.#loseConnection()
    await this.ask(this.#someCommand())
    if (this.cache.unknown > 0 && this.#random.below(3) > 0) {
      await this.ask('FETCH 1:* (UID FLAGS MODSEQ)')
    }
    if (this.#random.below(8) === 0) await this.compare()
  }

  /** Asks for everything, and compares it with what is kept. */
  async compare(): Promise<void> {
    if (this.cache.unknown > 0) await this.ask('FETCH 1:* (UID FLAGS MODSEQ)')
    if (this.cache.size > 0) await this.ask('FETCH 1:* (UID FLAGS MODSEQ)', this.#checker())
    await this.#dispelDoubts()
  }

  /** One command; `before` sees each untagged response before the cache takes it. */
  async ask(command: string, before: (line: string) => void = () => undefined): Promise<string> {
    this.#count += 1
    const tag = `t${this.#count}`
    this.#open.sendLine(`${tag} ${command}`)
    for (;;) {
      const line = await this.#open.readLine()
      if (line.startsWith(`${tag} `)) {
        assert.doesNotMatch(line, / BAD |SERVERBUG/, command)
        this.cache.takeCode(line)
        this.cache.conclude()
        return line
      }
      before(line)
      this.cache.take(line, !holdsNumbers.test(command))
    }
  }

  async close(): Promise<void> {
    await this.ask('LOGOUT')
    this.#open.close()
  }

  get #open(): RawClient {
    assert.ok(this.#client !== undefined)
    return this.#client
  }

  async #select(): Promise<void> {
    this.cache.reset()
    const { uidValidity, highestModSeq, uids } = this.cache
    if (uidValidity === 0) {
      await this.ask(`SELECT ${this.#mailbox}`)
      if (this.cache.size > 0) await this.ask('FETCH 1:* (UID FLAGS MODSEQ)')
      return
    }
    const knows = this.#random.below(3)
    const known = uids.length === 0 || knows === 0 ? '' : ` ${uids.join(',')}`
    // Numbers hold as far as the client knew all messages before: it always did.
    const some = uids.map((uid, i) => [i + 1, uid] as const).filter((_, i) => i % 3 === 0)
    const match =
      known === '' || knows === 1
        ? ''
        : ` (${some.map(([number]) => number).join(',')} ${some.map(([, uid]) => uid).join(',')})`
    await this.ask(
      `SELECT ${this.#mailbox} (QRESYNC (${uidValidity} ${highestModSeq}${known}${match}))`,
    )
    // What has come is asked for; what has gone must have been told.
    if (this.cache.size > 0) await this.ask('FETCH 1:* (UID FLAGS MODSEQ)', this.#checker())
    await this.#dispelDoubts()
    assert.equal(
      this.cache.messages.size + this.cache.unknown,
      this.cache.size,
      'messages that exist',
    )
  }

  /** What is known must be right; what is new is new. */
  #checker(): (line: string) => void {
    const { highestModSeq } = this.cache
    const before = new Set(this.cache.messages.keys())
    return (line) => {
      const [, uid, flags, modSeq] = fetched.exec(line) ?? []
      if (uid === undefined || !before.has(Number(uid))) return
      const kept = this.cache.check(
        Number(uid),
        sortedFlags(flags ?? ''),
        Number(modSeq),
        highestModSeq,
      )
      if (!kept) this.#doubtful.push(Number(uid))
    }
  }

  /** A message that has been expunged may have had other flags at last: nobody needs to be told. */
  async #dispelDoubts(): Promise<void> {
    if (this.#doubtful.length > 0) await this.ask('NOOP')
    for (const uid of this.#doubtful) {
      assert.ok(!this.cache.messages.has(uid), `changes of UID ${uid} were kept back`)
    }
    this.#doubtful = []
  }

  /** The client hangs up in the middle of an answer, and has read some of it. */
  async #loseConnection(): Promise<void> {
    this.#count += 1
    const command = this.#someCommand()
    this.#open.sendLine(`t${this.#count} ${command}`)
    for (let lines = this.#random.below(4); lines > 0; lines -= 1) {
      const line = await this.#open.readLine()
      if (line.startsWith('t')) break
      this.cache.take(line, !holdsNumbers.test(command))
    }
    this.#open.reset()
    this.#doubtful = []
    await this.connect()
  }

  #someCommand(): string {
    const random = this.#random
    const flag = random.pick(['\\Seen', '\\Flagged', '\\Deleted', '\\Answered', 'work'])
    const op = random.pick(['+FLAGS', '-FLAGS', 'FLAGS', '+FLAGS', 'FLAGS'])
    const { highestModSeq, size, uids } = this.cache
    const uid = uids[random.below(Math.max(uids.length, 1))] ?? 1
    const kept = this.cache.messages.get(uid)?.modSeq ?? 1
    switch (random.below(13)) {
      case 0:
      case 1:
        return `APPEND ${this.#mailbox} (${flag}) {14+}\r\nSubject: x\r\n\r\n`
      case 2:
        return `APPEND ${this.#mailbox} {14+}\r\nSubject: x\r\n\r\n (${flag}) {14+}\r\nSubject: y\r\n\r\n`
      case 3:
        return `UID STORE ${uid} (UNCHANGEDSINCE ${kept}) ${op} (${flag})`
      case 4:
        return `UID STORE ${uid}:${uid + 5} ${op} (${flag})`
      case 5:
        return size === 0 ? 'NOOP' : `STORE ${random.below(size) + 1} ${op} (${flag})`
      case 6:
        return 'EXPUNGE'
      case 7:
        return `UID EXPUNGE ${uid}:${uid + 8}`
      case 8:
        return random.below(2) === 0
          ? `UID MOVE ${uid} Trash`
          : `UID REPLACE ${uid} ${this.#mailbox} (${flag}) {14+}\r\nSubject: z\r\n\r\n`
      case 9:
        return `UID FETCH 1:* (FLAGS) (CHANGEDSINCE ${highestModSeq} VANISHED)`
      case 10:
        return size === 0 ? 'CHECK' : `FETCH 1:${size} (UID MODSEQ)`
      case 11:
        return random.pick(['UID SEARCH RETURN (COUNT ALL) MODSEQ 1', 'SORT (DATE) UTF-8 ALL'])
      default:
        return 'NOOP'
    }
  }
}

const fetched = /^\* \d+ FETCH \(UID (\d+) FLAGS \(([^)]*)\) MODSEQ \((\d+)\)\)$/
