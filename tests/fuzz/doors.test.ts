import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { app as imap } from '@posthouse/imap'
import { app as mx } from '@posthouse/mx'
import { app as pop3 } from '@posthouse/pop3'
import { app as submission } from '@posthouse/submission'
import { logIn, startSuite, type Suite } from '@posthouse/testkit'
import { mutate } from './house/mutate.ts'
import { Random } from './house/random.ts'
import { chasquidSeeds, seeds } from './house/seeds.ts'

const user = 'fuzz@example.test'
const sessions = (process.env['POSTHOUSE_TEST_LONG'] ?? '') === '' ? 60 : 5000
let suite: Suite

before(async () => {
  suite = await startSuite({
    apps: [imap, pop3, mx, submission],
    xclient: { networks: ['127.0.0.1'] },
  })
  await suite.account(user)
})
after(() => suite.stop())

type Door = keyof typeof seeds

/** How a line of this protocol may begin; IMAP's literals may hold anything. */
const lineOf: Readonly<Record<Exclude<Door, 'imap'>, RegExp>> = {
  pop3: /./s,
  mx: /^\d{3}[ -]/,
  submission: /^\d{3}[ -]/,
}

/** Sends all of it, says that this is all, and hears the server out. */
async function converse(door: Door, text: string, isSignedIn: boolean): Promise<string> {
  const client = await suite.connect(door)
  await client.readLine()
  if (isSignedIn) await logIn(client, door, user)
  client.send(Buffer.from(text, 'latin1'))
  client.end()
  const answer = await client.readToEnd()
  client.close()
  return answer
}

async function attack(door: Door, chosen: readonly string[], seed: number): Promise<void> {
  const random = new Random(seed)
  for (let done = 0; done < sessions; done += 1) {
    let text = chosen[random.below(chosen.length)] ?? ''
    for (let damage = random.below(5); damage >= 0; damage -= 1) text = mutate(text, random)
    const answer = await converse(door, text, door !== 'mx')
    const shown = JSON.stringify(text)
    assert.doesNotMatch(answer, /SERVERBUG/, shown)
    if (door !== 'imap') {
      const lines = answer.split('\r\n').filter(Boolean)
      for (const line of lines) assert.match(line, lineOf[door], shown)
    }
    assert.ok(answer === '' || answer.endsWith('\r\n'), `cut in the middle of a line: ${shown}`)
    const bug = suite.logTail().find((line) => line.includes(' ERROR '))
    assert.equal(bug, undefined, shown)
  }
}

for (const door of ['imap', 'pop3', 'mx', 'submission'] as const) {
  test(`${door}: damaged sessions are answered to their end, without a bug in the log`, () =>
    attack(door, seeds[door], 20260101))
}

test('mx: chasquid’s fuzzing seeds, damaged', async (context) => {
  const found = await chasquidSeeds()
  if (found.length === 0) context.diagnostic('without the corpora: our own seeds instead')
  await attack('mx', found.length === 0 ? seeds.mx : found, 20260102)
})
