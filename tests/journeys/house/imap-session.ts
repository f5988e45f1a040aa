import { readFile } from 'node:fs/promises'
import { RawClient } from '@posthouse/testkit'
import { password, type ProcessSuite } from './process-suite.ts'

/** A message as FETCH gave it. */
export interface Fetched {
  readonly uid: number
  /** RFC822.SIZE. */
  readonly size: number
  /** BODY[], one character per octet. */
  readonly body: string
}

/** An IMAP session of a test: few commands, every octet seen. */
export class ImapSession {
  readonly client: RawClient
  #tag = 0

  private constructor(client: RawClient) {
    this.client = client
  }

  /** Connects with TLS, verified against the suite's authority, and logs in. */
  static async open(
    suite: ProcessSuite,
    user: string,
    secret: string = password,
  ): Promise<ImapSession> {
    const ca = await readFile(suite.caFile, 'utf8')
    const client = await RawClient.connect({
      port: suite.ports.imaps,
      tls: true,
      ca,
      serverName: 'mail.example.test',
    })
    await client.readLine()
    const session = new ImapSession(client)
    await session.command(`LOGIN "${user}" "${secret}"`)
    return session
  }

  /** Sends a command and returns its untagged lines; throws unless it ends in OK. */
  async command(text: string): Promise<readonly string[]> {
    const tag = this.begin(text)
    const lines = await this.client.readLines((line) => line.startsWith(`${tag} `))
    if (!lines.at(-1)?.startsWith(`${tag} OK`)) throw new Error(`${text}: ${lines.at(-1)}`)
    return lines.slice(0, -1)
  }

  /** Sends a command and returns its tag. */
  begin(text: string): string {
    this.#tag += 1
    const tag = `t${this.#tag}`
    this.client.sendLine(`${tag} ${text}`)
    return tag
  }

  /** APPENDs; returns the tagged answer without its tag. */
  async append(mailbox: string, octets: Buffer): Promise<string> {
    const tag = this.begin(`APPEND ${mailbox} {${octets.length}}`)
    const go = await this.client.readLine()
    if (!go.startsWith('+')) return go.slice(tag.length + 1)
    this.client.send(octets)
    this.client.send('\r\n')
    const lines = await this.client.readLines((line) => line.startsWith(`${tag} `))
    return lines.at(-1)?.slice(tag.length + 1) ?? ''
  }

  /** How many messages stand in a mailbox. */
  async count(mailbox: string): Promise<number> {
    const lines = await this.command(`STATUS ${mailbox} (MESSAGES)`)
    return Number(/MESSAGES (\d+)/.exec(lines.join(''))?.[1])
  }

  /** SELECTs, and reads every message whole, in the order of UIDs. */
  async fetchAll(mailbox: string): Promise<readonly Fetched[]> {
    const lines = await this.command(`SELECT ${mailbox}`)
    if (lines.includes('* 0 EXISTS')) return []
    const tag = this.begin('UID FETCH 1:* (RFC822.SIZE BODY.PEEK[])')
    const found: Fetched[] = []
    for (;;) {
      const line = await this.client.readLine()
      if (line.startsWith(`${tag} OK`)) return found
      // Mail may come in meanwhile.
      if (/^\* \d+ (EXISTS|RECENT)$/.test(line)) continue
      const match = /^\* \d+ FETCH \((.*)\{(\d+)\}$/.exec(line)
      if (match === null) throw new Error(`not a FETCH with a literal: ${line}`)
      const body = await this.client.readOctets(Number(match[2]))
      const rest = `${match[1]} ${await this.client.readLine()}`
      const uid = Number(/UID (\d+)/.exec(rest)?.[1])
      const size = Number(/RFC822\.SIZE (\d+)/.exec(rest)?.[1])
      found.push({ uid, size, body })
    }
  }

  /** Says goodbye. */
  async close(): Promise<void> {
    await this.command('LOGOUT').catch(() => undefined)
    this.client.close()
  }
}
