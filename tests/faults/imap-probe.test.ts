import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { app as imap } from '@posthouse/imap'
import { logIn, startSuite, type RawClient, type Suite } from '@posthouse/testkit'
import { hostileMessages } from './hostile/messages.ts'
import { TurnMeter } from './hostile/turn-meter.ts'

/** Turns of the one thread that serves, the clients of this test included, in its own time: this long at most, save a few. */
const usualMs = 250
/** Never so long, on however slow a machine. */
const longestMs = 1500

const victim = 'victim@example.test'
const onlooker = 'witness@example.test'
let suite: Suite
let attacker: RawClient
let probe: RawClient
before(async () => {
  suite = await startSuite({ apps: [imap] })
  for (const address of [victim, onlooker]) await suite.account(address)
  attacker = await signedIn(victim)
  probe = await signedIn(onlooker)
})
after(async () => {
  attacker.close()
  probe.close()
  await suite.stop()
})

async function signedIn(address: string): Promise<RawClient> {
  const client = await suite.connect('imap')
  await client.readLine()
  await logIn(client, 'imap', address)
  return client
}

/** Runs the work; meanwhile the probe asks again and again. How often it was answered. */
async function whileProbed(work: Promise<unknown>): Promise<number> {
  const over = new AbortController()
  const done = work.finally(() => over.abort())
  let answers = 0
  const probing = async (): Promise<void> => {
    while (!over.signal.aborted) {
      probe.sendLine('p NOOP')
      const lines = await probe.readLines((line) => line.startsWith('p '))
      assert.match(lines.at(-1) ?? '', /^p OK/)
      answers += 1
    }
  }
  await Promise.all([done, probing()])
  return answers
}

async function ask(command: Buffer | string): Promise<void> {
  attacker.send(command)
  attacker.send('\r\n')
  for (;;) {
    const line = await attacker.readLine()
    const literal = /\{(\d+)\}$/.exec(line)
    if (literal !== null) await attacker.readOctets(Number(literal[1]))
    else if (line.startsWith('t ')) {
      assert.match(line, /^t OK/)
      return
    }
  }
}

test('another session is answered while one sends commands by the thousand', async (t) => {
  const meter = new TurnMeter()
  const count = 5000
  const answers = await whileProbed(
    (async () => {
      attacker.send('f NAMESPACE\r\n'.repeat(count))
      for (let i = 0; i < count;) if ((await attacker.readLine()).startsWith('f OK')) i += 1
    })(),
  )
  const longest = Math.max(...meter.stop())
  t.diagnostic(`the longest turn ${longest.toFixed(0)} ms; ${answers} answers`)
  assert.ok(answers > 0)
  assert.ok(longest < longestMs, `a turn of ${longest} ms`)
})

for (const { name, octets } of hostileMessages) {
  test(`another session is answered while a message with ${name} is taken apart`, async (t) => {
    const message = octets()
    const meter = new TurnMeter()
    const answers = await whileProbed(
      (async () => {
        await ask(Buffer.concat([Buffer.from(`t APPEND INBOX {${message.length}+}\r\n`), message]))
        await ask('t SELECT INBOX')
        for (const items of ['ENVELOPE BODYSTRUCTURE BODY', 'BODY.PEEK[1.MIME]', 'PREVIEW'])
          await ask(`t FETCH * (${items})`)
        await ask('t SEARCH * TEXT nowhere')
        await ask('t SORT (SUBJECT FROM) UTF-8 *')
        await ask('t THREAD REFERENCES UTF-8 *')
      })(),
    )
    const turns = meter.stop()
    const longest = Math.max(...turns)
    t.diagnostic(`${turns.length} turns, the longest ${longest.toFixed(0)} ms; ${answers} answers`)
    assert.ok(answers > 0)
    assert.ok(longest < longestMs, `a turn of ${longest} ms`)
    const long = turns.filter((ms) => ms > usualMs).length
    assert.ok(long <= 2 + turns.length * 0.02, `${long} of ${turns.length} turns are long`)
  })
}
