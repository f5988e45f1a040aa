import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'

/** A message that a sink took. */
export interface Taken {
  readonly sender: string
  readonly recipients: readonly string[]
  /** Dot-stuffing undone. */
  readonly octets: Buffer
  /** What SNI said; undefined: it came in the clear. */
  readonly serverName: string | undefined
}

/**
 * What a sink answers; each undefined, or an absent function, is a plain yes; `cut` closes without an answer, `stall` says nothing
 * any more on this connection.
 */
export interface SinkBehaviour {
  readonly greeting?: () => string | undefined
  readonly ehlo?: () => string | undefined
  /** EHLO keywords. */
  readonly extensions?: readonly string[]
  /** The whole line of MAIL or RCPT. */
  readonly mail?: (line: string) => string | undefined
  readonly rcpt?: (line: string) => string | undefined
  readonly data?: () => string | undefined
  /** After the final dot. */
  readonly message?: (message: Taken) => string | undefined
  /** STARTTLS: says 220 and then nothing that TLS could be. */
  readonly breaksTls?: boolean
  /** STARTTLS with this certificate and its key, as PEM. */
  readonly tls?: { readonly cert: string; readonly key: string }
  /** EHLO keywords under TLS, besides the others. */
  readonly protectedExtensions?: readonly string[]
  /** What is said to STARTTLS instead. */
  readonly startTls?: string
}

/** An SMTP server that does as it is told. */
export interface Sink {
  readonly port: number
  readonly host: string
  readonly taken: readonly Taken[]
  /** Lines that came, over all connections. */
  readonly lines: readonly string[]
  readonly connections: number
  /** Forgets what came, closes all connections, and answers like this from now on. */
  behave(behaviour?: SinkBehaviour): void
  close(): Promise<void>
}

/** Starts one on a loopback address, on a port of the system's choice if none is given. */
export async function startSink(
  behaviour: SinkBehaviour = {},
  host = '127.0.0.1',
  port = 0,
): Promise<Sink> {
  const state: State = { behaviour, taken: [], lines: [], connections: 0 }
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    state.connections += 1
    converse(socket, state)
  })
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the sink has no port')
  return {
    port: address.port,
    host,
    taken: state.taken,
    lines: state.lines,
    get connections() {
      return state.connections
    },
    behave(next = {}) {
      state.behaviour = next
      state.taken.length = 0
      state.lines.length = 0
      for (const socket of sockets) socket.destroy()
    },
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

interface State {
  behaviour: SinkBehaviour
  readonly taken: Taken[]
  readonly lines: string[]
  connections: number
}

function converse(first: Socket, state: State): void {
  let socket = first
  let input = ''
  let isData = false
  let sender = ''
  let recipients: string[] = []
  let isMute = false
  const say = (text: string): void => {
    isMute ||= text === 'stall'
    if (isMute) return
    if (text === 'cut') socket.destroy()
    else socket.write(`${text}\r\n`)
  }
  const command = (line: string): void => {
    state.lines.push(line)
    const { behaviour } = state
    const verb = line.slice(0, 4).toUpperCase()
    if (verb === 'EHLO') {
      say(behaviour.ehlo?.() ?? ehlo(behaviour, socket instanceof TLSSocket))
    } else if (verb === 'STAR' && behaviour.startTls !== undefined) say(behaviour.startTls)
    else if (verb === 'STAR' && behaviour.tls !== undefined) {
      say('220 go ahead')
      first.removeAllListeners('data')
      const secureContext = createSecureContext(behaviour.tls)
      socket = new TLSSocket(first, { isServer: true, secureContext })
      listen()
    } else if (verb === 'STAR' && behaviour.breaksTls !== true) say('502 5.5.1 no such command')
    else if (verb === 'STAR') {
      say('220 go ahead')
      say('this is no TLS')
      socket.end()
    } else if (verb === 'MAIL') {
      sender = pathOf(line)
      recipients = []
      say(behaviour.mail?.(line) ?? '250 2.1.0 ok')
    } else if (verb === 'RCPT') {
      const answer = behaviour.rcpt?.(line) ?? '250 2.1.5 ok'
      if (answer.startsWith('2')) recipients.push(pathOf(line))
      say(answer)
    } else if (verb === 'DATA') {
      const answer = recipients.length > 0 ? behaviour.data?.() : '554 5.5.1 no recipients'
      isData = answer === undefined
      say(answer ?? '354 go on')
    } else if (verb === 'QUIT') {
      say('221 2.0.0 bye')
      socket.end()
    } else say('250 2.0.0 ok')
  }
  const message = (text: string): void => {
    isData = false
    const octets = Buffer.from(text.replace(/^\./gm, ''), 'latin1')
    const name = socket instanceof TLSSocket ? Reflect.get(socket, 'servername') : undefined
    const serverName = socket instanceof TLSSocket ? String(name) : undefined
    const one = { sender, recipients, octets, serverName }
    const answer = state.behaviour.message?.(one) ?? '250 2.0.0 taken'
    if (answer.startsWith('2')) state.taken.push(one)
    say(answer)
  }
  const listen = (): void => {
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      input += chunk.toString('latin1')
      for (;;) {
        const end = isData ? input.indexOf('\r\n.\r\n') : input.indexOf('\r\n')
        if (end < 0) return
        const taken = input.slice(0, end)
        input = input.slice(end + (isData ? 5 : 2))
        if (isData) message(`${taken}\r\n`)
        else command(taken)
      }
    })
  }
  listen()
  say(state.behaviour.greeting?.() ?? '220 sink.test ESMTP')
}

function ehlo(behaviour: SinkBehaviour, isProtected: boolean): string {
  const extensions = behaviour.extensions ?? ['PIPELINING', '8BITMIME', 'SMTPUTF8', 'DSN']
  const { breaksTls = false, tls, startTls, protectedExtensions = [] } = behaviour
  const offersTls = breaksTls || tls !== undefined || startTls !== undefined
  const more = isProtected ? protectedExtensions : offersTls ? ['STARTTLS'] : []
  const all = [...extensions, ...more]
  return ['sink.test', ...all]
    .map((line, at) => `250${at === all.length ? ' ' : '-'}${line}`)
    .join('\r\n')
}

function pathOf(line: string): string {
  return /<([^>]*)>/.exec(line)?.[1] ?? ''
}
