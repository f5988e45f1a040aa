import { Conversation } from './conversation.ts'

/** What a load sends. */
export interface SmtpLoad {
  readonly port: number
  readonly connections: number
  readonly messages: number
  /** Recipients of message `n`. */
  recipients(n: number): readonly string[]
  octets(n: number): Buffer
}

/** What came of it. */
export interface SmtpLoadResult {
  /** From the final dot to the 250 of each message, milliseconds, ascending. */
  readonly latenciesMs: readonly number[]
}

/** Sends all messages over a number of connections, each message's envelope pipelined (RFC 2920). */
export async function sendLoad(load: SmtpLoad): Promise<SmtpLoadResult> {
  const latencies: number[] = []
  let next = 0
  const take = (): number | undefined => (next < load.messages ? next++ : undefined)
  const count = Math.min(load.connections, load.messages)
  await Promise.all(Array.from({ length: count }, () => sendSome(load, take, latencies)))
  return { latenciesMs: latencies.toSorted((a, b) => a - b) }
}

/** Rejects unless the server greets and answers EHLO. */
export async function greet(port: number): Promise<void> {
  const peer = await greeted(port)
  peer.close()
}

async function greeted(port: number): Promise<Conversation> {
  const peer = await Conversation.connect(port)
  await peer.until(replies(1, '220'))
  await peer.ask('EHLO load.bench.test\r\n', (tail) => /(^|\n)250 [^\n]*\r\n$/.test(tail))
  return peer
}

async function sendSome(
  load: SmtpLoad,
  take: () => number | undefined,
  latencies: number[],
): Promise<void> {
  const peer = await greeted(load.port)
  for (let n = take(); n !== undefined; n = take()) {
    latencies.push(await sendOne(peer, load.recipients(n), load.octets(n)))
  }
  await peer.ask('QUIT\r\n', replies(1, '221')).catch(() => undefined)
  peer.close()
}

async function sendOne(
  peer: Conversation,
  recipients: readonly string[],
  octets: Buffer,
): Promise<number> {
  const rcpts = recipients.map((address) => `RCPT TO:<${address}>\r\n`).join('')
  await peer.ask(
    `MAIL FROM:<sender@load.test>\r\n${rcpts}DATA\r\n`,
    replies(recipients.length + 2, '354'),
  )
  const begun = performance.now()
  await peer.ask(Buffer.concat([octets, dotLine]), replies(1, '250'))
  return performance.now() - begun
}

const dotLine = Buffer.from('.\r\n')

/**
 * True at the end of `count` reply lines of which the last begins with `code`; anything refused is an error. Generated
 * messages have no line that begins with a dot.
 */
function replies(count: number, code: string): (tail: string) => boolean {
  return (tail) => {
    if (!tail.endsWith('\r\n')) return false
    const lines = tail.trimEnd().split('\r\n')
    const refused = lines.find((line) => /^[45]\d\d/.test(line))
    if (refused !== undefined) throw new Error(`the load was refused: ${refused}`)
    const finals = lines.filter((line) => line.charAt(3) === ' ')
    // Many replies overflow the tail: then the last one decides.
    return (
      (finals.length >= count || tail.length === 512) && lines.at(-1)?.startsWith(code) === true
    )
  }
}
