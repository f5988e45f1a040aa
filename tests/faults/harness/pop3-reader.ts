import type { Dice } from './dice.ts'
import { copiesIn, type Ledger } from './ledger.ts'
import { AnswerLost, LineClient, Refused } from './line-client.ts'
import { pause } from './scene.ts'
import { tokenIn } from './tokens.ts'

/** How a POP3 reader works. Nobody else touches its account's INBOX. */
export interface Pop3ReaderOptions {
  readonly port: number
  readonly account: string
  readonly password: string
  readonly ledger: Ledger
  readonly dice: Dice
  readonly signal: AbortSignal
}

/** Looks into an INBOX again and again, and deletes some of what is there: at QUIT, and not before (RFC 1939 §6). */
export async function readByPop3(options: Pop3ReaderOptions): Promise<void> {
  while (!options.signal.aborted) {
    try {
      await visit(options)
      await pause(50)
    } catch (error) {
      if (!(error instanceof AnswerLost) && !(error instanceof Refused)) throw error
      await pause(200)
    }
  }
}

async function visit({ port, account, password, ledger, dice }: Pop3ReaderOptions): Promise<void> {
  const client = await LineClient.connect(port)
  try {
    await positive(client)
    await ask(client, `USER ${account}`)
    await ask(client, `PASS ${password}`)
    const isOurs = (token: string): boolean => {
      const item = ledger.item(account, token)
      return !item.isFrozen && copiesIn(item, 'INBOX').min === 1
    }
    const deleted = await mark(client, dice, isOurs)
    const items = deleted.map((token) => ledger.item(account, token))
    // One by one: a QUIT in vain deletes nothing, or all (RFC 1939 §6 leaves it open).
    for (const item of items) copiesIn(item, 'INBOX').min = 0
    try {
      await ledger.during(() => ask(client, 'QUIT'))
      for (const item of items) copiesIn(item, 'INBOX').max = 0
    } catch (error) {
      if (error instanceof AnswerLost) ledger.unknown++
      throw error
    }
  } finally {
    client.close()
  }
}

/** Marks about a third of the newest messages whose arrival was acknowledged. @returns their tokens */
async function mark(
  client: LineClient,
  dice: Dice,
  isOurs: (token: string) => boolean,
): Promise<readonly string[]> {
  const count = Number(/^\+OK (\d+)/.exec(await ask(client, 'STAT'))?.[1] ?? 0)
  // The newest: what is kept would else be all that is looked at, after a while.
  const all = Array.from({ length: Math.min(count, 60) }, (_, n) => count - n)
  const tokens: string[] = []
  for (const n of dice.some(all, 0.3)) {
    await ask(client, `TOP ${n} 0`)
    const token = tokenIn(await multiline(client))
    // Reports are kept: their arrival is looked at in the end.
    if (token === undefined || !isOurs(token)) continue
    await ask(client, `DELE ${n}`)
    tokens.push(token)
  }
  return tokens
}

async function multiline(client: LineClient): Promise<string> {
  const lines: string[] = []
  for (let line = await client.line(); line !== '.'; line = await client.line()) lines.push(line)
  return lines.join('\n')
}

async function ask(client: LineClient, line: string): Promise<string> {
  client.send(`${line}\r\n`)
  return positive(client)
}

async function positive(client: LineClient): Promise<string> {
  const line = await client.line()
  if (!line.startsWith('+OK')) throw new Refused(line)
  return line
}
