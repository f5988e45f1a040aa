import { readFile } from 'node:fs/promises'
import { RawClient } from '@posthouse/testkit'
import { password, type ProcessSuite } from './process-suite.ts'

/** A POP3 session of a test. */
export class Pop3Session {
  readonly client: RawClient

  private constructor(client: RawClient) {
    this.client = client
  }

  /** Connects with TLS, verified against the suite's authority, and logs in. */
  static async open(suite: ProcessSuite, user: string): Promise<Pop3Session> {
    const ca = await readFile(suite.caFile, 'utf8')
    const client = await RawClient.connect({
      port: suite.ports.pop3s,
      tls: true,
      ca,
      serverName: 'mail.example.test',
    })
    const session = new Pop3Session(client)
    await session.#reply('greeting')
    await session.command(`USER ${user}`)
    await session.command(`PASS ${password}`)
    return session
  }

  /** Sends a command with a one-line answer; throws unless it is +OK. */
  async command(text: string): Promise<string> {
    this.client.sendLine(text)
    return this.#reply(text)
  }

  /** Sends a command with a multi-line answer (RFC 1939 §3), dot-stuffing undone. */
  async lines(text: string): Promise<readonly string[]> {
    await this.command(text)
    const lines = await this.client.readLines((line) => line === '.')
    return lines.slice(0, -1).map((line) => (line.startsWith('.') ? line.slice(1) : line))
  }

  /** A whole message, one character per octet. */
  async retrieve(number: number): Promise<string> {
    const lines = await this.lines(`RETR ${number}`)
    return lines.map((line) => `${line}\r\n`).join('')
  }

  /** Sizes of all messages, in order. */
  async sizes(): Promise<readonly number[]> {
    return (await this.lines('LIST')).map((line) => Number(line.split(' ')[1]))
  }

  /** Says goodbye. */
  async close(): Promise<void> {
    await this.command('QUIT').catch(() => undefined)
    this.client.close()
  }

  async #reply(to: string): Promise<string> {
    const line = await this.client.readLine()
    if (!line.startsWith('+OK')) throw new Error(`${to}: ${line}`)
    return line
  }
}
