import { LineClient, Refused } from './line-client.ts'

/** An IMAP session of the harness. */
export class ImapClient {
  readonly #client: LineClient
  #n = 0

  private constructor(client: LineClient) {
    this.#client = client
  }

  static async login(port: number, user: string, password: string): Promise<ImapClient> {
    const client = await LineClient.connect(port)
    const greeting = await client.line()
    if (!greeting.startsWith('* OK')) throw new Refused(greeting)
    const session = new ImapClient(client)
    await session.command(`LOGIN ${user} ${password}`)
    return session
  }

  /**
   * Sends a command; literals of answers are put into their lines.
   * @returns all lines, the tagged one last
   * @throws Refused when it ends in NO or BAD, AnswerLost when no answer comes
   */
  async command(text: string, literal?: Buffer): Promise<readonly string[]> {
    const tag = `f${++this.#n}`
    if (literal === undefined) this.#client.send(`${tag} ${text}\r\n`)
    else {
      this.#client.send(`${tag} ${text} {${literal.length}+}\r\n`)
      this.#client.send(literal)
      this.#client.send('\r\n')
    }
    const lines: string[] = []
    for (;;) {
      const line = await this.#wholeLine()
      lines.push(line)
      if (!line.startsWith(`${tag} `)) continue
      if (!line.startsWith(`${tag} OK`)) throw new Refused(`${text.slice(0, 60)}: ${line}`)
      return lines
    }
  }

  close(): void {
    this.#client.close()
  }

  async #wholeLine(): Promise<string> {
    let line = await this.#client.line()
    for (let match = literalAtEnd(line); match > 0; match = literalAtEnd(line)) {
      line += `\n${await this.#client.octets(match)}`
      line += await this.#client.line()
    }
    return line
  }
}

function literalAtEnd(line: string): number {
  return Number(/\{(\d+)\}$/.exec(line)?.[1] ?? 0)
}
