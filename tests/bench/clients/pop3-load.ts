import { benchPassword, userAddress } from '../side.ts'
import { Conversation, endsLine } from './conversation.ts'

/** A POP3 session for loads: it waits for the end of answers and parses nothing. */
export class Pop3Load {
  readonly #peer: Conversation

  private constructor(peer: Conversation) {
    this.#peer = peer
  }

  /** Connects and logs in as account `user`. */
  static async login(port: number, user: number): Promise<Pop3Load> {
    const peer = await Conversation.connect(port)
    await peer.until(endsLine)
    const session = new Pop3Load(peer)
    await session.#accepted(`USER ${userAddress(user)}`)
    await session.#accepted(`PASS ${benchPassword}`)
    return session
  }

  /** A command whose answer has many lines. */
  async multiLine(command: string): Promise<void> {
    await this.#peer.ask(`${command}\r\n`, (tail) => tail.endsWith('\r\n.\r\n'))
  }

  /** Messages `first` to `last`, all commands at once (RFC 2449 §6.8). */
  async retrieve(first: number, last: number): Promise<void> {
    if (first === last) return this.multiLine(`RETR ${first}`)
    let commands = ''
    for (let n = first; n <= last; n++) commands += `RETR ${n}\r\n`
    // Where commands are pipelined, a bare dot line ends every message of the window, and what came last may be the first line
    // of the next answer: the window's end is the answer to a STAT behind it, which looks like no other.
    await this.#peer.ask(`${commands}STAT\r\n`, (tail) => /\r\n\.\r\n\+OK \d+ \d+\r\n$/.test(tail))
  }

  /** Ends the session. */
  async quit(): Promise<void> {
    await this.#peer.ask('QUIT\r\n', endsLine)
    this.#peer.close()
  }

  async #accepted(line: string): Promise<void> {
    const answer = await this.#peer.ask(`${line}\r\n`, endsLine)
    if (!answer.startsWith('+OK')) throw new Error(`${line}: ${answer.trimEnd()}`)
  }
}

/** Logs in as account `user` and downloads `count` messages, `window` commands in flight at a time. */
export async function downloadAll(
  port: number,
  user: number,
  count: number,
  window: number,
): Promise<void> {
  const session = await Pop3Load.login(port, user)
  for (let n = 1; n <= count; n += window) {
    await session.retrieve(n, Math.min(count, n + window - 1))
  }
  await session.quit()
}
