import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { testContext } from './server.fixture.ts'

/** What a scripted server does when a line comes: replies, or nothing. */
export type Script = (line: string, peer: ScriptedPeer) => string | undefined

/** One connection of a scripted server. */
export interface ScriptedPeer {
  /** Lines that came, `<message>` for a whole message. */
  readonly lines: readonly string[]
  /** The messages, still with their stuffed dots. */
  readonly messages: readonly string[]
  readonly socket: Socket
  write(octets: string): void
  startTls(): void
}

/** A server that does exactly what a test tells it, right or wrong. */
export interface ScriptedServer {
  readonly port: number
  readonly peers: readonly ScriptedPeer[]
  close(): Promise<void>
}

/** `250` and the usual extensions. */
export const ehloReply =
  '250-peer.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE 1000000\r\n250-SMTPUTF8\r\n250 DSN\r\n'

/** A peer that says yes to everything. */
export function friendly(line: string): string {
  if (/^EHLO/i.test(line)) return ehloReply
  if (/^DATA/i.test(line)) return '354 go\r\n'
  if (/^QUIT/i.test(line)) return '221 2.0.0 bye\r\n'
  return '250 2.0.0 fine\r\n'
}

/** Starts one; `greeting` is written at once. The script sees each command, and `<message>`. */
export async function startScriptedServer(
  script: Script,
  greeting: string | undefined = '220 peer.example ESMTP\r\n',
): Promise<ScriptedServer> {
  const peers: ScriptedPeer[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    const peer = converse(socket, script)
    peers.push(peer)
    if (greeting !== undefined) peer.write(greeting)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    peers,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function converse(first: Socket, script: Script): ScriptedPeer {
  const lines: string[] = []
  const messages: string[] = []
  let socket = first
  let input = ''
  let isData = false
  const peer: ScriptedPeer = {
    lines,
    messages,
    get socket() {
      return socket
    },
    write: (octets) => void socket.write(octets, 'latin1'),
    startTls() {
      first.removeAllListeners('data')
      input = ''
      socket = new TLSSocket(first, { isServer: true, secureContext: testContext() })
      listen()
    },
  }
  const say = (line: string) => {
    lines.push(line)
    const reply = script(line, peer)
    if (reply !== undefined) peer.write(reply)
    return reply
  }
  const read = () => {
    for (;;) {
      // A message may be nothing but its final dot.
      const end = isData ? `\r\n${input}`.indexOf('\r\n.\r\n') - 2 : input.indexOf('\r\n')
      if (end < (isData ? -2 : 0)) return
      const taken = input.slice(0, Math.max(0, end))
      input = input.slice(end + (isData ? 5 : 2))
      if (isData) {
        isData = false
        messages.push(`${taken}\r\n`)
        say('<message>')
      } else isData = say(taken)?.startsWith('354') === true && taken === 'DATA'
    }
  }
  const listen = () => {
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      input += chunk.toString('latin1')
      read()
    })
  }
  listen()
  return peer
}
