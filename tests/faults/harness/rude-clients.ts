import net from 'node:net'
import type { Dice } from './dice.ts'
import { pause } from './scene.ts'

/** A stranger that behaves badly for a while; resolves when it has gone. */
type Rudeness = (port: number, signal: AbortSignal) => Promise<void>

const opening = 'EHLO rude.test\r\nMAIL FROM:<a@rude.test>\r\n'

/** Sends three octets a second. */
const dripping: Rudeness = async (port, signal) => {
  const socket = connect(port)
  for (const octet of 'EHLO slow.test\r\n') {
    if (signal.aborted) break
    socket.write(octet)
    await pause(300)
  }
  socket.destroy()
}

/** Begins a message and hangs up in the middle. */
const cutting: Rudeness = async (port) => {
  const socket = connect(port)
  socket.write(`${opening}RCPT TO:<gardener0@example.test>\r\nDATA\r\nSubject: cut\r\n\r\nhalf a l`)
  await pause(300)
  socket.destroy()
}

/** Resets the connection instead of closing it. */
const resetting: Rudeness = async (port) => {
  const socket = connect(port)
  socket.write(opening)
  await pause(100)
  socket.resetAndDestroy()
}

/** Speaks no protocol at all. */
const babbling: Rudeness = async (port, signal) => {
  const socket = connect(port)
  for (let n = 0; n < 20 && !signal.aborted; n++) {
    socket.write(Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 37 + n) % 256)))
    await pause(20)
  }
  socket.destroy()
}

/** Asks for much and reads nothing. */
const deaf: Rudeness = async (port, signal) => {
  const socket = connect(port)
  socket.pause()
  for (let n = 0; n < 200 && !signal.aborted; n++) {
    socket.write('a CAPABILITY\r\nNOOP\r\n'.repeat(50))
    await pause(10)
  }
  socket.destroy()
}

/** Connects and says nothing. */
const silent: Rudeness = async (port) => {
  const socket = connect(port)
  await pause(2000)
  socket.destroy()
}

/** By name, as the report shows them. */
const kinds = { dripping, cutting, resetting, babbling, deaf, silent } as const

/** Keeps strangers of every kind at the doors; counts them by kind. */
export async function beRude(
  ports: readonly number[],
  dice: Dice,
  counts: Map<string, number>,
  signal: AbortSignal,
): Promise<void> {
  const names = ['dripping', 'cutting', 'resetting', 'babbling', 'deaf', 'silent'] as const
  while (!signal.aborted) {
    const name = dice.pick(names)
    counts.set(`client ${name}`, (counts.get(`client ${name}`) ?? 0) + 1)
    await kinds[name](dice.pick(ports), signal)
  }
}

function connect(port: number): net.Socket {
  const socket = net.connect({ port, host: '127.0.0.1' })
  socket.on('error', () => undefined)
  return socket
}
