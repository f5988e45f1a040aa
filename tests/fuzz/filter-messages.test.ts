import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  builtInStages,
  createPipeline,
  DEFAULT_THRESHOLDS,
  type FilterVerdict,
  verdictFields,
} from '@posthouse/filter'
import { silentLog } from '@posthouse/telemetry'
import { program, tarOf, zipOf } from '../../packages/filter/src/archive.fixture.ts'
import { attached, page, sample } from '../../packages/filter/src/sample-message.fixture.ts'
import { hostileMessages } from '../faults/hostile/messages.ts'
import { corpusMessages } from '../journeys/house/corpus.ts'
import { mutate } from './house/mutate.ts'
import { Random } from './house/random.ts'

/** Another one by POSTHOUSE_TEST_SEED: a failure names its seed and its number. */
const seed = Number(process.env['POSTHOUSE_TEST_SEED'] ?? 20_261_128)
const isLong = (process.env['POSTHOUSE_TEST_LONG'] ?? '') !== ''
const count = isLong ? 200_000 : 2_000
/** Time of the processor for one message: what is hostile is cut short, not worked off. */
const hostileCpuMs = 3_000

const pipeline = createPipeline({
  stages: builtInStages(),
  thresholds: DEFAULT_THRESHOLDS,
  log: silentLog,
})

/** Judges octets: every stage must do its work, and what it says must be fit to be written down. */
async function judge(octets: Buffer): Promise<FilterVerdict> {
  const verdict = await pipeline.judge(sample(octets))
  const failed = verdict.stages.filter(({ outcome }) => outcome !== 'done')
  assert.deepEqual(failed, [])
  assert.ok(Number.isFinite(verdict.points))
  assert.match(verdictFields(verdict), /^(?:[\x20-\x7e]{1,78}\r\n)+$/)
  for (const { symbol, reason } of verdict.findings) {
    assert.match(symbol, /^[A-Z0-9_]{1,64}$/)
    assert.doesNotMatch(reason, /[\r\n\0]/)
    assert.ok(reason.isWellFormed() && reason !== '')
  }
  return verdict
}

/** Archives and pages, so that what opens them is damaged as well. */
const packed: readonly Buffer[] = [
  attached('a.zip', zipOf([{ name: 'a.txt', content: 'x'.repeat(99) }, { name: 'b.zip', content: zipOf([{ name: 'c.exe', content: program }]) }])),
  attached('a.tar', tarOf([{ name: 'a.txt', content: 'x' }, { name: 'b.exe', content: program }])),
  page('<body bgcolor=white><font color="#fff">a</font><a href="http://a.example/?u=http%3A%2F%2Fb.example">b</a><p style="display:none">c'),
] // prettier-ignore

test('damaged messages are judged like whole ones', async (t) => {
  const corpus = await corpusMessages()
  const small = corpus.map(({ octets }) => octets).filter(({ length }) => length < 32_768)
  const seeds = [...small, ...packed, ...packed, ...packed].map((octets) =>
    octets.toString('latin1'),
  )
  const [first = '', ...others] = seeds
  let different = 0
  for (let n = 0; n < count; n += 1) {
    const random = new Random(seed + n)
    let text = random.pick([first, ...others])
    for (let times = random.below(6); times > 0; times -= 1) text = mutate(text, random)
    try {
      const verdict = await judge(Buffer.from(text, 'latin1'))
      if (verdict.points >= DEFAULT_THRESHOLDS.tag) different += 1
    } catch (error) {
      throw new Error(`message ${n} of seed ${seed}`, { cause: error })
    }
    if (n % 50 === 0) await nextTurn()
  }
  assert.ok(
    different > count / 20 && different < count,
    'some have much against them, and some have not',
  )
  t.diagnostic(
    `${count} messages from seed ${seed}: ${different} with enough against them for a mark`,
  )
})

test('archives damaged within their encoding are judged, and what cannot be read is told', async () => {
  const archive = zipOf([
    { name: 'a.txt', content: 'x'.repeat(2_000) },
    { name: 'b.zip', content: zipOf([{ name: 'c', content: program }]) },
  ])
  for (let n = 0; n < count / 4; n += 1) {
    const random = new Random(seed + n)
    const octets = Buffer.from(archive)
    for (let times = 1 + random.below(4); times > 0; times -= 1) {
      octets[random.below(octets.length)] = random.below(256)
    }
    const cut = random.below(4) === 0 ? octets.subarray(0, random.below(octets.length)) : octets
    try {
      await judge(attached('a.zip', cut))
    } catch (error) {
      throw new Error(`archive ${n} of seed ${seed}`, { cause: error })
    }
  }
})

test('every message of the corpora is judged', async (t) => {
  const messages = await corpusMessages()
  for (const { name, octets } of messages) {
    try {
      await judge(octets)
    } catch (error) {
      throw new Error(name, { cause: error })
    }
  }
  t.diagnostic(`${messages.length} messages`)
})

/** What regular expressions stumble over, by the thousand, in every field and text that is looked at. */
const floods = ['V I A G R A ', '!', ' ', '\t', 'a.', '.', 'a@', '@', '<', '>', '"', '((', '=?utf-8?Q?=41?= ', '=', '%41', '&#65;', '&a', 'http://', 'http://a.b/?u=http%3A%2F%2F', 'www.', '\u00e9', '\u0430a', 'name=', 'a<!--', '<a href=', '<b style="color:#fff">', 'x '] // prettier-ignore

for (const flood of floods) {
  test(`${JSON.stringify(flood)} without end: judged, in little time of the processor`, async (t) => {
    const field = flood.repeat(Math.ceil(60_000 / flood.length))
    const text = flood.repeat(Math.ceil(600_000 / flood.length))
    const names = ['Subject', 'From', 'To', 'Reply-To', 'Sender', 'Date', 'Message-ID', 'Received', 'Precedence', 'List-Id', 'X-Any'] // prettier-ignore
    const header = names.map((name) => `${name}: ${field}\r\n`).join('')
    const types = [
      'text/plain',
      'text/html',
      `text/html; charset=${field}`,
      `image/svg+xml; name="${field}"`,
    ]
    const start = process.cpuUsage()
    for (const type of types) {
      await judge(Buffer.from(`${header}Content-Type: ${type}\r\n\r\n${text}`))
    }
    const ms = process.cpuUsage(start).user / 1000
    t.diagnostic(`${Math.round(ms)} ms`)
    assert.ok(ms < types.length * hostileCpuMs, `${ms} ms`)
  })
}

for (const { name, octets } of hostileMessages) {
  test(`${name}: judged, in little time of the processor`, async (t) => {
    const content = octets()
    const start = process.cpuUsage()
    await judge(content)
    const ms = process.cpuUsage(start).user / 1000
    t.diagnostic(`${Math.round(ms)} ms`)
    assert.ok(ms < hostileCpuMs, `${ms} ms`)
  })
}
