import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { listen, type Connection, type Listener } from '@posthouse/line-server'
import { silentLog } from '@posthouse/telemetry'
import { testAuthority } from './certificates.ts'
import { RawClient } from './raw-client.ts'
import { parseTranscript, TranscriptSyntaxError } from './transcript-line.ts'
import { TranscriptRun } from './transcript-run.ts'
import { latin1Of, regexOf, show } from './transcript-text.ts'

let listener: Listener
before(async () => {
  const limits = { maxConnections: 100, maxConnectionsPerAddress: 100, log: silentLog }
  listener = await listen({ host: '127.0.0.1', port: 0, ...limits, onConnection: converse })
})
after(() => listener.close(0))

/** Echoes; some words do more. */
async function converse(connection: Connection): Promise<void> {
  await connection.write('+OK hello\r\n')
  for (;;) {
    const read = await connection.reader.readLine({ maxBytes: 10_000, deadlineMs: 30_000 })
    if (read.kind !== 'line') return
    const line = read.octets.toString('latin1')
    if (line === 'quit') return
    if (line === 'many') await connection.write('* c\r\n* a\r\n* b\r\ndone 17\r\n')
    else await connection.write(Buffer.from(`you said ${line}\r\n`, 'latin1'))
  }
}

async function play(text: string, variables = new Map([['hostname', 'here']])): Promise<void> {
  const { ca } = testAuthority()
  const stage = {
    given: () => Promise.resolve(),
    portOf: () => 'pop3' as const,
    connect: () => RawClient.connect({ port: listener.port, ca, serverName: 'localhost' }),
    logTail: () => ['a log line'],
  }
  await new TranscriptRun('x.txt', stage, variables).play(parseTranscript('x.txt', text))
}

test('a transcript with every sign plays', () =>
  play(`# All of it
A> hello \\x41\\0\\\\ \\Seen ü
A< you said hello A\\0\\\\ \\Seen ü
B! connect
B< +OK hello
A>> two lines\\r\\nin one\\r\\n
A<~ you (?<verb>\\w+) two .*
A< you \${verb} in one
A> many
A<? * a
A<?~ \\* [bc]
A<? * c
A<~ done \\d+
B> many
B<* *
B<~ done (?<number>\\d+)
A> \${number*3} \${number.size} \${number.base64} \${'y'*4} \${hostname}
A< you said 171717 2 MTc= yyyy here
A> a
A> b
A<+ you said b
A! silent
A> quit
A! closed
B! close
B> again
B< you said again
B! end
B! closed
`))

test('a failure names file and line, what was expected, what came, and the exchanges before', async () => {
  await assert.rejects(play('A> one\nA< you said one\nA> two\nA< you said three\n'), (error) => {
    assert.ok(error instanceof Error)
    assert.match(error.message, /^x\.txt:4: expected you said three, got you said two\n/)
    assert.match(error.message, / {4}A> one\n {4}A< you said one\n {4}A> two\n/)
    assert.match(error.message, /log: a log line/)
    return true
  })
})

test('what is left unread, and a connection that ends early, are failures', async () => {
  await assert.rejects(play('A> one\nA> quit\nA! closed\n'), /expected nothing more, got you said/)
  await assert.rejects(play('A> quit\nA< more\n'), /closed the connection/)
  await assert.rejects(play('A> ${nothing}\n'), /nothing\} is not bound/)
})

test('a line that is none of these is an error with its number', () => {
  assert.throws(
    () => parseTranscript('y.txt', '\n# fine\nA= what\n'),
    (error) => {
      assert.ok(error instanceof TranscriptSyntaxError)
      assert.match(error.message, /^y\.txt:3: /)
      return true
    },
  )
})

test('blocks belong to their given line', () => {
  const steps = parseTranscript('z.txt', 'given text body\n| one\n|\n|two\nA> go\n')
  assert.deepEqual(steps, [
    { kind: 'given', line: 1, words: 'text body', block: ['one', '', 'two'] },
    { kind: 'send', line: 5, peer: 'A', text: 'go', crlf: true },
  ])
})

test('variables are plain text inside regular expressions', () => {
  const variables = new Map([['dot', 'a.b(c']])
  assert.ok(regexOf('x ${dot} \\d', variables).test('x a.b(c 1'))
  assert.ok(!regexOf('x ${dot} \\d', variables).test('x aXb(c 1'))
  assert.equal(latin1Of('ü', variables), 'Ã¼')
  assert.equal(show('Ã¼\r\n'), 'ü\\r\\n')
})
