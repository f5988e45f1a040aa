import assert from 'node:assert/strict'
import { logIn, type RawClient, type Suite } from '@posthouse/testkit'
import { Random } from './random.ts'
import { ClientView } from './view.ts'

/** RFC 3501 §7.4.1: no EXPUNGE while one of these is in progress. */
const holdsNumbers = /^(FETCH|STORE|SEARCH) /

const replacement = '(\\Draft) {14+}\r\nSubject: z\r\n\r\n'

/** A client that does whatever comes to its mind, and checks every answer against what it knows. */
export class RestlessClient {
  readonly view = new ClientView()
  readonly #client: RawClient
  readonly #random: Random
  readonly #mailbox: string
  #count = 0

  private constructor(client: RawClient, seed: number, mailbox: string) {
    this.#client = client
    this.#random = new Random(seed)
    this.#mailbox = mailbox
  }

  static async open(
    suite: Suite,
    address: string,
    mailbox: string,
    seed: number,
  ): Promise<RestlessClient> {
    const client = await suite.connect('imap')
    await client.readLine()
    await logIn(client, 'imap', address)
    const restless = new RestlessClient(client, seed, mailbox)
    await restless.select()
    return restless
  }

  async select(): Promise<void> {
    this.view.reset()
    await this.ask(`SELECT ${this.#mailbox}`)
  }

  /** Does some command. */
  async act(): Promise<void> {
    const random = this.#random
    const flag = random.pick(['\\Seen', '\\Flagged', '\\Deleted', '\\Answered', 'work', '$Junk'])
    const set = this.#someSet()
    switch (random.below(16)) {
      case 0:
      case 1:
      case 2:
        return this.ask(`APPEND ${this.#mailbox} (${flag}) {14+}\r\nSubject: x\r\n\r\n`)
      case 3:
        return set === '' ? this.ask('NOOP') : this.ask(`STORE ${set} +FLAGS (${flag})`)
      case 4:
        return this.ask(`UID STORE ${random.below(60) + 1}:* -FLAGS.SILENT (${flag})`)
      case 5:
        return set === ''
          ? this.ask('CHECK')
          : this.ask(`STORE ${set} FLAGS.SILENT (${flag} \\Draft)`)
      case 6:
        return this.ask('EXPUNGE')
      case 7:
        return this.ask(`UID EXPUNGE ${random.below(40) + 1}:${random.below(80) + 1}`)
      case 8:
        return set === '' ? this.ask('NOOP') : this.ask(`FETCH ${set} (UID FLAGS)`)
      case 9:
        return this.ask('UID FETCH 1:* (FLAGS)')
      case 10:
        return this.ask(random.pick(['SEARCH ALL', 'UID SEARCH DELETED', 'SEARCH UNSEEN 1:*']))
      case 11:
        // Copies of copies would double the mailbox again and again.
        return set === '' || this.view.size > 300
          ? this.ask('NOOP')
          : this.ask(`COPY ${set} ${this.#mailbox}`)
      case 12:
        return random.below(2) === 0
          ? this.ask(`UID MOVE ${random.below(50) + 1} Trash`)
          : this.ask(`UID REPLACE ${random.below(50) + 1} ${this.#mailbox} ${replacement}`)
      case 13:
        return this.#idle()
      case 14:
        return random.below(4) === 0 ? this.#again() : this.ask('NOOP')
      default:
        return set === '' ? this.ask('NOOP') : this.ask(`FETCH ${set} BODY[]`)
    }
  }

  /** Asks for everything there is to know, and sees that numbers and UIDs agree. */
  async settle(): Promise<void> {
    await this.ask('NOOP')
    if (this.view.size > 0) await this.ask('FETCH 1:* (UID FLAGS)')
    assert.ok(this.view.uids.every((uid) => uid > 0))
  }

  async close(): Promise<void> {
    await this.ask('LOGOUT')
    this.#client.close()
  }

  /** One command; a refusal is fine where a message is gone, a broken answer is not. */
  async ask(command: string): Promise<void> {
    this.#count += 1
    const tag = `t${this.#count}`
    this.#client.sendLine(`${tag} ${command}`)
    const last = await this.#read(tag, !holdsNumbers.test(command))
    assert.doesNotMatch(last, /BAD|SERVERBUG/, command)
  }

  async #idle(): Promise<void> {
    this.#count += 1
    const tag = `t${this.#count}`
    this.#client.sendLine(`${tag} IDLE`)
    await this.#read('+', true)
    this.#client.sendLine('DONE')
    await this.#read(tag, true)
  }

  async #again(): Promise<void> {
    await this.ask(this.#random.pick(['CLOSE', 'UNSELECT']))
    await this.select()
  }

  async #read(tag: string, mayExpunge: boolean): Promise<string> {
    for (;;) {
      let line = await this.#client.readLine()
      if (line.startsWith(`${tag} `)) return line
      const literal = /\{(\d+)\}$/.exec(line)
      if (literal !== null) {
        await this.#client.readOctets(Number(literal[1]))
        line += await this.#client.readLine()
      }
      this.view.take(line, mayExpunge)
    }
  }

  /** Message numbers that exist for this client; empty when there is none. */
  #someSet(): string {
    const size = this.view.size
    if (size === 0) return ''
    const first = this.#random.below(size) + 1
    const last = this.#random.below(size) + 1
    return this.#random.pick([`${first}`, `${first}:${last}`, `${first},${last}`])
  }
}
