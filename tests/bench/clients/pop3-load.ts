import { benchPassword, userAddress } from '../side.ts'
import { Conversation, endsLine } from './conversation.ts'

/** Logs in as account `user` and downloads `count` messages, `window` commands in flight at a time (RFC 2449 §6.8). */
export async function downloadAll(
  port: number,
  user: number,
  count: number,
  window: number,
): Promise<void> {
  const peer = await Conversation.connect(port)
  await peer.until(endsLine)
  await accepted(peer, `USER ${userAddress(user)}\r\n`)
  await accepted(peer, `PASS ${benchPassword}\r\n`)
  for (let n = 1; n <= count; n += window) {
    const last = Math.min(count, n + window - 1)
    await retrieve(peer, n, last)
  }
  await peer.ask('QUIT\r\n', endsLine)
  peer.close()
}

/**
 * Where commands are pipelined, a bare dot line ends every message of the window, and what came last may be the first line
 * of the next answer: the window's end is the answer to a STAT behind it, which looks like no other.
 */
async function retrieve(peer: Conversation, first: number, last: number): Promise<void> {
  if (first === last) {
    await peer.ask(`RETR ${first}\r\n`, (tail) => tail.endsWith('\r\n.\r\n'))
    return
  }
  let commands = ''
  for (let n = first; n <= last; n++) commands += `RETR ${n}\r\n`
  await peer.ask(`${commands}STAT\r\n`, (tail) => /\r\n\.\r\n\+OK \d+ \d+\r\n$/.test(tail))
}

async function accepted(peer: Conversation, line: string): Promise<void> {
  const answer = await peer.ask(line, endsLine)
  if (!answer.startsWith('+OK')) throw new Error(`${line.trimEnd()}: ${answer.trimEnd()}`)
}
