import net from 'node:net'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A line of a conversation, as it is shown: who said it, and what. */
export interface Spoken {
  readonly by: 'us' | 'them'
  readonly line: string
}

/** How a conversation ended. */
export interface Conversation {
  readonly isAccepted: boolean
  /** Their last reply. */
  readonly reply: string
}

/** Where to talk, what to send, and who listens in. */
export interface DialogueOptions {
  readonly host: string
  readonly port: number
  readonly helo: string
  readonly from: string
  readonly to: string
  readonly message: Buffer
  readonly hear: (spoken: Spoken) => void
}

const timeoutMs = 60_000

/**
 * Sends one message as another server would (RFC 5321 §3.3), telling every line as it is said. A refusal ends the
 * conversation and is no exception; a lost connection is one.
 */
export async function talkSmtp(options: DialogueOptions): Promise<Conversation> {
  const socket = net.connect({ host: options.host, port: options.port })
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error('the server does not answer')))
  try {
    await once(socket, 'connect')
    const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
    return await converse(socket, lines, options)
  } finally {
    socket.destroy()
  }
}

async function converse(
  socket: net.Socket,
  lines: AsyncIterator<string>,
  options: DialogueOptions,
): Promise<Conversation> {
  const { from, helo, hear, message, to } = options
  const steps = [undefined, `EHLO ${helo}`, `MAIL FROM:<${from}>`, `RCPT TO:<${to}>`, 'DATA']
  for (const step of steps) {
    if (step !== undefined) say(socket, step, hear)
    const reply = await readReply(lines, hear)
    if (!/^[23]/.test(reply)) return { isAccepted: false, reply }
  }
  hear({ by: 'us', line: `(${message.length} octets)` })
  socket.write(Buffer.concat([dotStuffed(message), Buffer.from('.\r\n')]))
  const reply = await readReply(lines, hear)
  say(socket, 'QUIT', hear)
  return { isAccepted: reply.startsWith('2'), reply }
}

function say(socket: net.Socket, line: string, hear: DialogueOptions['hear']): void {
  hear({ by: 'us', line })
  socket.write(`${line}\r\n`)
}

/** A reply may take several lines; the last one has a space after its code (RFC 5321 §4.2.1). */
async function readReply(
  lines: AsyncIterator<string>,
  hear: DialogueOptions['hear'],
): Promise<string> {
  for (;;) {
    const { done, value } = await lines.next()
    if (done === true) throw new Error('the server closed the connection')
    hear({ by: 'them', line: value })
    if (!/^\d{3}-/.test(value)) return value
  }
}

/** RFC 5321 §4.5.2. The message ends in CRLF. */
function dotStuffed(message: Buffer): Buffer {
  return Buffer.from(message.toString('latin1').replaceAll(/^\./gm, '..'), 'latin1')
}
