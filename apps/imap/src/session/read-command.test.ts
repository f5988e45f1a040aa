import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, test } from 'node:test'
import { listen, type Connection } from '@posthouse/line-server'
import { createLog } from '@posthouse/telemetry'
import { readCommand, type Allowance, type Received } from './read-command.ts'

const allowance: Allowance = {
  lineBytes: 200,
  literalBytes: 50,
  commandLiteralBytes: 80,
  messageBytes: 1000,
}
const log = createLog({ level: 'silent', format: 'json', destination: { write: () => undefined } })

/** Each connection's test, which lasts as long as its session. */
const accepted: ((connection: Connection) => Promise<void>)[] = []
const listener = await listen({
  host: '127.0.0.1',
  port: 0,
  onConnection: (connection) => accepted.shift()?.(connection),
  maxConnections: 100,
  maxConnectionsPerAddress: 100,
  log,
})
after(() => listener.close(0))

/** Reads commands from what a client sends, until the connection ends. */
async function commandsOf(pieces: readonly (string | Uint8Array)[]): Promise<string[]> {
  const { promise, resolve } = Promise.withResolvers<string[]>()
  accepted.push(async (connection) => resolve(await readAll(connection)))
  const client = connect({ host: '127.0.0.1', port: listener.port })
  client.on('error', () => undefined)
  await once(client, 'connect')
  client.resume()
  for (const piece of pieces) client.write(piece)
  client.end()
  return promise
}

async function readAll(server: Connection): Promise<string[]> {
  const seen: string[] = []
  for (;;) {
    const received = await readCommand({
      reader: server.reader,
      allowance,
      deadlineMs: 30_000,
      signal: new AbortController().signal,
      goAhead: () => Promise.resolve(void seen.push('+')),
      reserve: (octets) => {
        seen.push(`reserve ${octets}`)
        return Promise.resolve(octets !== 777)
      },
      refuse: () => Promise.resolve(undefined),
    })
    if (received.kind === 'closed') return seen
    seen.push(show(received))
    if (received.kind === 'flood') return seen
  }
}

function show(received: Received): string {
  if (received.kind === 'command') {
    return received.segments.map(({ octets }) => octets.toString('latin1')).join('|')
  }
  if (received.kind === 'refused') return `${received.tag} ${received.completion.status}`
  return received.kind
}

const x = (count: number): string => 'x'.repeat(count)

const rows: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['a line is a command', ['a NOOP\r\n'], ['a NOOP']],
  ['an empty line is one too', ['\r\n'], ['']],
  [
    'a literal that waits is asked for',
    ['a LOGIN {3}\r\n', 'abc b\r\n'],
    ['+', 'a LOGIN {3}|abc| b'],
  ],
  [
    'one that does not is taken',
    ['a LOGIN {3+}\r\nabc {0+}\r\n\r\n'],
    ['a LOGIN {3+}|abc| {0+}||'],
  ],
  ['a literal may contain line ends', ['a X {4+}\r\n\r\n\r\n\r\n'], ['a X {4+}|\r\n\r\n|']],
  ['too large a literal is refused unread', ['a X {51}\r\nb NOOP\r\n'], ['a BAD', 'b NOOP']],
  [
    'too large a literal that does not wait is read away',
    [`a X {51+}\r\n${x(51)} {5+}\r\n${x(5)}\r\nb NOOP\r\n`],
    ['a BAD', 'b NOOP'],
  ],
  [
    'literals add up',
    [`a X {50+}\r\n${x(50)} {31+}\r\n${x(31)}\r\nb NOOP\r\n`],
    ['a BAD', 'b NOOP'],
  ],
  [
    'a literal that waits ends what is read away',
    [`a X {51+}\r\n${x(51)} {5}\r\nb NOOP\r\n`],
    ['a BAD', 'b NOOP'],
  ],
  ['too long a line is skipped', [`a X ${x(300)}\r\nb NOOP\r\n`], ['a BAD', 'b NOOP']],
  [
    'so is the literal it ends with',
    [`a X ${x(300)} {5+}\r\n${x(5)}\r\nb NOOP\r\n`],
    ['a BAD', 'b NOOP'],
  ],
  [
    "APPEND's message may be larger, and room is made for it",
    [`a APPEND INBOX {900+}\r\n${x(900)}\r\n`],
    ['reserve 900', `a APPEND INBOX {900+}|${x(900)}|`],
  ],
  [
    'each message of an APPEND may be as large',
    [`a APPEND I {900+}\r\n${x(900)} (\\Seen) {900}\r\n`, `${x(900)}\r\n`],
    ['reserve 900', 'reserve 900', '+', `a APPEND I {900+}|${x(900)}| (\\Seen) {900}|${x(900)}|`],
  ],
  [
    'where there is no room for another one, it is read away and all are refused',
    [`a APPEND I {9+}\r\n${x(9)} {777+}\r\n${x(777)} {5+}\r\n${x(5)}\r\nb NOOP\r\n`],
    ['reserve 9', 'reserve 777', 'a NO', 'b NOOP'],
  ],
  ["APPEND's mailbox may not", ['a APPEND {900}\r\nb NOOP\r\n'], ['a BAD', 'b NOOP']],
  [
    'a message over the limit is refused unread',
    ['a APPEND I {1001}\r\nb NOOP\r\n'],
    ['a NO', 'b NOOP'],
  ],
  ['what is announced beyond all measure ends it', ['a X {99999999999999999999+}\r\n'], ['flood']],
  ['without a tag the answer has none', [`((( {51}\r\n`], ['* BAD']],
  ['a command that breaks off is none', ['a LOGIN {9+}\r\nabc'], []],
]

for (const [name, pieces, expected] of rows) {
  test(name, async () => {
    assert.deepEqual(await commandsOf(pieces), expected)
  })
}

test('it does not matter where the network cuts', async () => {
  const whole = Buffer.from('a LOGIN {3+}\r\nabc {2+}\r\nde\r\nb NOOP\r\n')
  const bytes = Array.from(whole, (octet) => Uint8Array.of(octet))
  assert.deepEqual(await commandsOf(bytes), ['a LOGIN {3+}|abc| {2+}|de|', 'b NOOP'])
})
