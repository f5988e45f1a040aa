import { ConnectionEnded, type RawClient } from '@posthouse/testkit'
import { compareLines, type Difference } from './james-compare.ts'
import type { Exchange } from './james-script.ts'

/** How a session of a script begins, and what is changed in what it sends. */
export interface JamesStage {
  /** Opens a session in the state that the script begins in, its greeting read. */
  open(session: string): Promise<RawClient>
  /** A line as it is sent to us. */
  translate(line: string): string
}

/**
 * Plays exchanges one after another and tells how the answers differ. It goes on after a difference,
 * because the tagged line that ends an answer keeps both sides in step.
 */
export async function playExchanges(
  exchanges: readonly Exchange[],
  stage: JamesStage,
): Promise<Difference[]> {
  const clients = new Map<string, RawClient>()
  const differences: Difference[] = []
  let tag = ''
  try {
    for (const { line, session, sends, expects } of exchanges) {
      const client = clients.get(session) ?? (await stage.open(session))
      clients.set(session, client)
      const isContinued = expectsMore.has(client)
      if (!isContinued) tag = /^\S+/.exec(sends[0] ?? '')?.[0] ?? tag
      if (sends.length > 0) client.send(sends.map((one) => `${stage.translate(one)}\r\n`).join(''))
      if (sends.length === 0) continue
      const answer = await readAnswer(client, tag)
      if (answer.at(-1)?.startsWith('+') === true) expectsMore.add(client)
      else expectsMore.delete(client)
      const wanted = expects.filter((source) => !source.startsWith('\\* OK IMAP4rev1 Server'))
      differences.push(...compareLines(line, wanted, answer))
    }
  } catch (error) {
    if (!(error instanceof ConnectionEnded)) throw error
  } finally {
    for (const client of clients.values()) client.close()
  }
  return differences
}

/** Clients that are in the middle of a command with a literal. */
const expectsMore = new WeakSet<RawClient>()

/** Everything up to the tagged line, the request for more, or the end of the connection. */
async function readAnswer(client: RawClient, tag: string): Promise<string[]> {
  const lines: string[] = []
  try {
    for (;;) {
      const line = await client.readLine()
      lines.push(line)
      if (line.startsWith(`${tag} `) || line.startsWith('+')) return lines
      // A line that has no tag is answered without one.
      if (line.startsWith('* BAD ')) return lines
    }
  } catch (error) {
    if (lines.length > 0 && error instanceof ConnectionEnded) return lines
    throw error
  }
}
