import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { waitFor } from '../journeys/house/wait-for.ts'
import { Crew } from './queue/crew.ts'

const isLong = process.env['POSTHOUSE_TEST_LONG'] === '1'
const messages = isLong ? 400 : 40

/** Where a worker dies, in the order of its work, and on which pass. */
const allPoints = [
  'store.queue.after-claim',
  'store.queue.before-settle',
  'delivery.record.before',
  'store.queue.before-record',
  'store.queue.after-record',
  'delivery.record.after',
]
const points = isLong ? allPoints : [allPoints[0] ?? '', allPoints[2] ?? '', allPoints[4] ?? '']
const passes = isLong ? [1, 2, 5] : [2]

let crew: Crew
before(async () => {
  crew = await Crew.start()
})
after(() => crew.close())

/** Everything arrived, and nothing twice but this. */
async function assertWhole(all: readonly string[], excused: ReadonlySet<string>): Promise<number> {
  const { taken } = crew.sink
  assert.deepEqual(
    all.filter((recipient) => !taken.has(recipient)),
    [],
    'lost',
  )
  const twice = all.filter((recipient) => (taken.get(recipient) ?? 0) > 1)
  assert.deepEqual(
    twice.filter((recipient) => !excused.has(recipient)),
    [],
    'sent twice',
  )
  assert.deepEqual(await crew.store.check(), [])
  return twice.length
}

for (const point of points)
  test(`a worker that dies at ${point} loses nothing, and only what it had sent and not recorded is sent again`, async (t) => {
    for (const pass of passes) {
      const round = `${points.indexOf(point)}-${pass}`
      const all = await crew.submit(messages, round)
      const victim = await crew.hire(`${point}=kill:${pass}`)
      await Promise.race([victim.ended, setTimeout(60_000)])
      assert.equal(victim.process.signalCode, 'SIGKILL')
      const held = await crew.heldBy(victim)
      const sent = [...held].filter((recipient) => crew.sink.taken.has(recipient))
      await Promise.all([crew.hire(), crew.hire()])
      await crew.finished()
      await crew.dismiss()
      const twice = await assertWhole(all, new Set(sent))
      t.diagnostic(`pass ${pass}: held ${held.size}, sent of these ${sent.length}, twice ${twice}`)
    }
  })

test('a worker that stands still with its leases is replaced, and goes on without sending anything again', async (t) => {
  const all = await crew.submit(messages, 'frozen')
  const frozen = await crew.hire('', 4)
  const isUnderWay = () => all.filter((recipient) => crew.sink.taken.has(recipient)).length > 5
  await waitFor('mail under way', () => (isUnderWay() ? true : undefined))
  frozen.process.kill('SIGSTOP')
  // What was on the wire arrives.
  await setTimeout(1_000)
  const { underWay, taken } = crew.sink
  const held = await crew.heldBy(frozen)
  const unrecorded = [...held].filter(
    (recipient) => taken.has(recipient) || underWay.has(recipient),
  )
  await crew.hire('', 4)
  await crew.finished()
  frozen.process.kill('SIGCONT')
  const more = await crew.submit(messages, 'thawed')
  await crew.finished()
  await crew.dismiss()
  assert.equal(frozen.process.exitCode, 0)
  const twice = await assertWhole([...all, ...more], new Set(unrecorded))
  t.diagnostic(`held ${held.size}, sent and not recorded ${unrecorded.length}, twice ${twice}`)
})
