import { benchPassword, userAddress } from '../side.ts'
import { Conversation } from './conversation.ts'

/** An IMAP session for loads: it counts octets and waits for tagged answers; it parses nothing else. */
export class ImapLoad {
  readonly #peer: Conversation
  #n = 0

  private constructor(peer: Conversation) {
    this.#peer = peer
  }

  /** Connects, with TLS from the first octet where `isSecure`, and logs in as account `user`. */
  static async login(port: number, user: number, isSecure = false): Promise<ImapLoad> {
    const peer = await Conversation.connect(port, isSecure)
    await peer.until((tail) => tail.startsWith('* OK') && tail.endsWith('\r\n'))
    const session = new ImapLoad(peer)
    await session.command(`LOGIN ${userAddress(user)} ${benchPassword}`)
    return session
  }

  /** Octets received so far. */
  get received(): number {
    return this.#peer.received
  }

  /** Sends a command and waits for its OK. @returns the end of what was answered */
  async command(text: string): Promise<string> {
    const tag = `t${++this.#n}`
    return this.#answer(this.#peer.ask(`${tag} ${text}\r\n`, endsWithTag(tag)), tag, text)
  }

  /** Sends a command and waits for its answer, whatever that is. */
  async attempt(text: string): Promise<void> {
    const tag = `t${++this.#n}`
    await this.#peer.ask(`${tag} ${text}\r\n`, endsWithTag(tag))
  }

  /** Sends many commands at once and waits for the last. */
  async pipeline(texts: readonly string[]): Promise<void> {
    const tags = texts.map(() => `t${++this.#n}`)
    const last = tags.at(-1) ?? ''
    const lines = texts.map((text, i) => `${tags[i]} ${text}\r\n`).join('')
    await this.#answer(this.#peer.ask(lines, endsWithTag(last)), last, texts.at(-1) ?? '')
  }

  /** APPEND or MULTIAPPEND with non-synchronising literals (RFC 7888, RFC 3502). */
  async append(messages: readonly Buffer[], mailbox = 'INBOX'): Promise<void> {
    const tag = `t${++this.#n}`
    const pieces: Buffer[] = [Buffer.from(`${tag} APPEND ${mailbox}`)]
    for (const octets of messages) pieces.push(Buffer.from(` {${octets.length}+}\r\n`), octets)
    pieces.push(Buffer.from('\r\n'))
    await this.#answer(this.#peer.ask(Buffer.concat(pieces), endsWithTag(tag)), tag, 'APPEND')
  }

  /** Begins IDLE; `pushed` resolves each time an EXISTS comes. */
  async idle(): Promise<void> {
    await this.#peer.ask(`t${++this.#n} IDLE\r\n`, (tail) => /(^|\n)\+ [^\n]*\r\n$/.test(tail))
  }

  /** Waits for the next EXISTS of an idling session. */
  async pushed(): Promise<void> {
    await this.#peer.until((tail) => / EXISTS\r\n/.test(tail))
  }

  close(): void {
    this.#peer.close()
  }

  async #answer(answer: Promise<string>, tag: string, text: string): Promise<string> {
    const tail = await answer
    const line = tail.slice(tail.lastIndexOf(`${tag} `))
    if (!line.startsWith(`${tag} OK`)) throw new Error(`${text.slice(0, 80)}: ${line.trimEnd()}`)
    return tail
  }
}

function endsWithTag(tag: string): (tail: string) => boolean {
  return (tail) => {
    if (!tail.endsWith('\r\n')) return false
    const start = tail.lastIndexOf('\n', tail.length - 2) + 1
    return tail.startsWith(`${tag} `, start)
  }
}
