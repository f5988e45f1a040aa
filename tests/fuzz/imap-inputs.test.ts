import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { app as imap } from '@posthouse/imap'
import { Cursor, fetchItems, parseWith } from '@posthouse/imap-wire'
import { computeFacts } from '@posthouse/message'
import { messageId, modSeq, uid, type MessageRow } from '@posthouse/store'
import { startSuite, type Suite } from '@posthouse/testkit'
import { planFetch } from '../../apps/imap/src/fetch/fetch-plan.ts'
import { MessageResponse, type Material } from '../../apps/imap/src/fetch/message-response.ts'
import { SelectedMailbox } from '../../apps/imap/src/mailbox/selected-mailbox.ts'
import { Octets } from '../../apps/imap/src/session/octets.ts'
import { wholeCommand } from '../../packages/imap-wire/src/testing/commands.ts'
import { segmentsOf } from '../../packages/imap-wire/src/testing/segments.ts'
import { hostileMessages } from '../faults/hostile/messages.ts'
import { corpusMessages } from '../journeys/house/corpus.ts'
import { fetchResponse } from './house/fetch-response.ts'
import { fetchText } from './house/fetch-text.ts'
import { imapCommands } from './house/imap-commands.ts'
import { mutate } from './house/mutate.ts'
import { Random } from './house/random.ts'

/** Another one by POSTHOUSE_TEST_SEED: a failure names its seed and its number. */
const seed = Number(process.env['POSTHOUSE_TEST_SEED'] ?? 20_261_128)
const isLong = (process.env['POSTHOUSE_TEST_LONG'] ?? '') !== ''
const commands = isLong ? 8_500_000 : 40_000
const fetches = isLong ? 1_500_000 : 4000
const batch = 1000
/** No thousand inputs take longer than this, in time of the processor. */
const batchCpuMs = 20_000

/** Runs so many inputs, each by a generator that its number alone decides. */
async function run(count: number, each: (random: Random) => void | Promise<void>): Promise<void> {
  for (let first = 0; first < count; first += batch) {
    const start = process.cpuUsage()
    for (let n = first; n < Math.min(first + batch, count); n += 1) {
      try {
        const working = each(new Random(seed + n))
        if (working !== undefined) await working
      } catch (error) {
        throw new Error(`input ${n} of seed ${seed}`, { cause: error })
      }
    }
    const { user } = process.cpuUsage(start)
    assert.ok(user < batchCpuMs * 1000, `inputs ${first} to ${first + batch} of seed ${seed}: slow`)
    await nextTurn()
  }
}

function damaged(text: string, random: Random): string {
  let result = text
  for (let times = random.below(4); times > 0; times -= 1) result = mutate(result, random)
  return result
}

test('damaged commands are understood, or refused at a place within them', async (t) => {
  let understood = 0
  await run(commands, (random) => {
    const one = damaged(random.pick(imapCommands), random)
    const cut = random.below(one.length + 1)
    // Now and then the beginning of one and the end of another.
    const text =
      random.below(4) > 0 ? one : one.slice(0, cut) + random.pick(imapCommands).slice(cut)
    const octets = Buffer.from(text, 'latin1')
    const cursor = new Cursor(segmentsOf(octets), { utf8: random.below(2) === 0 })
    const result = parseWith(cursor, wholeCommand)
    if (result.ok) understood += 1
    else assert.ok(result.error.position <= octets.length, JSON.stringify(text))
  })
  assert.ok(understood > commands / 20 && understood < commands, 'some of each')
  t.diagnostic(`${commands} inputs from seed ${seed}: ${understood} understood`)
})

let suite: Suite
let mailbox: SelectedMailbox
before(async () => {
  suite = await startSuite({ apps: [imap] })
  const { id } = await suite.account('ada@example.test')
  const inbox = await suite.store.mailboxes(id).find('INBOX')
  assert.ok(inbox)
  const open = await suite.store.open(id, inbox.id, { readOnly: true })
  assert.ok(open)
  mailbox = new SelectedMailbox(open, 'INBOX', new Set())
})
after(async () => {
  mailbox.close()
  await suite.stop()
})

/** What takes longest is left to the suites that look at it once. */
const mostBytes = 64 * 1024

async function someMessages(): Promise<readonly Material[]> {
  const all = (await corpusMessages()).map(({ octets }) => octets)
  for (const { octets } of hostileMessages) all.push(octets())
  // Nor does any door let NUL in.
  const small = all.filter((octets) => octets.length <= mostBytes && !octets.includes(0))
  const step = isLong ? 1 : Math.max(1, Math.floor(small.length / 300))
  return small.filter((_, i) => i % step === 0).map(materialOf)
}

function materialOf(octets: Buffer, i: number): Material {
  const prefix = Buffer.from(i % 2 === 0 ? '' : 'Return-Path: <a@example.org>\r\n')
  const { size, ...facts } = computeFacts(octets)
  const row: MessageRow = {
    uid: uid(i + 1),
    flags: 0,
    modSeq: modSeq(1),
    messageId: messageId(i + 1),
    size: prefix.length + size,
    received: 1_700_000_000,
    isGhost: false,
  }
  const whole = Buffer.concat([prefix, octets])
  return {
    seq: i + 1,
    row,
    facts: { ...facts, prefix },
    octets: whole,
    savedAt: undefined,
    threadId: undefined,
  }
}

test('whatever is asked of whatever message is answered by the letter, with what is in the message', async (t) => {
  const messages = await someMessages()
  const [first, ...rest] = messages
  assert.ok(first)
  let answered = 0
  await run(fetches, async (random) => {
    const asked = random.below(5) > 0 ? fetchText(random) : damaged(fetchText(random), random)
    const parsed = parseWith(new Cursor(segmentsOf(Buffer.from(asked, 'latin1'))), fetchItems)
    if (!parsed.ok) return
    const material = random.pick([first, ...rest])
    const out = new Octets(4096)
    const chunks: Buffer[] = []
    const plan = planFetch(parsed.value, false)
    for await (const chunk of new MessageResponse(mailbox, out).write(plan.items, material))
      chunks.push(Buffer.from(chunk)) // What is lent is written over.
    chunks.push(out.take())
    fetchResponse(Buffer.concat(chunks), plan.items, material)
    answered += 1
  })
  assert.ok(answered > fetches / 2)
  t.diagnostic(
    `${fetches} inputs from seed ${seed}, ${messages.length} messages: ${answered} answered`,
  )
})
