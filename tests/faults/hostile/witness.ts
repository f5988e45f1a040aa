import assert from 'node:assert/strict'
import { logIn, type RawClient, type Suite } from '@posthouse/testkit'

/** Well-behaved sessions that look on while others misbehave. */
export class Witness {
  readonly #imap: RawClient
  readonly #pop3: RawClient
  readonly #mx: RawClient
  #count = 0

  private constructor(imap: RawClient, pop3: RawClient, mx: RawClient) {
    this.#imap = imap
    this.#pop3 = pop3
    this.#mx = mx
  }

  /** Opens one session at each door; the account's INBOX must have a message. */
  static async open(suite: Suite, address: string): Promise<Witness> {
    const [imap, pop3, mx] = await Promise.all([
      suite.connect('imap'),
      suite.connect('pop3'),
      suite.connect('mx'),
    ])
    await Promise.all([imap, pop3, mx].map((client) => client.readLine()))
    await logIn(imap, 'imap', address)
    await logIn(pop3, 'pop3', address)
    return new Witness(imap, pop3, mx)
  }

  /** Every session still gets its answers. Rejects when one does not. */
  async check(): Promise<void> {
    this.#count += 1
    const tag = `w${this.#count}`
    this.#imap.sendLine(`${tag} STATUS INBOX (MESSAGES)`)
    this.#pop3.sendLine('NOOP')
    this.#mx.sendLine('NOOP')
    const answer = await this.#imap.readLines((line) => line.startsWith(`${tag} `))
    assert.match(answer.at(-1) ?? '', / OK /)
    assert.match(await this.#pop3.readLine(), /^\+OK/)
    assert.match(await this.#mx.readLine(), /^250 /)
  }

  close(): void {
    for (const client of [this.#imap, this.#pop3, this.#mx]) client.close()
  }
}
