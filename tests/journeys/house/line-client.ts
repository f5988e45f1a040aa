import assert from 'node:assert/strict'
import type { RawClient } from '@posthouse/testkit'

/** An IMAP client for tests whose answers have no literals: one command after the other, lines as they come. */
export class LineClient {
  readonly #connection: RawClient
  #tag = 0

  constructor(connection: RawClient) {
    this.#connection = connection
  }

  /** Runs a command, which must succeed, and gives its answers; the tagged one is the last. */
  async ok(command: string): Promise<readonly string[]> {
    const tag = `t${++this.#tag}`
    this.#connection.sendLine(`${tag} ${command}`)
    const lines = await this.#connection.readLines((line) => line.startsWith(`${tag} `))
    assert.match(lines.at(-1) ?? '', /^t\d+ OK/, command.slice(0, 200))
    return lines
  }
}
