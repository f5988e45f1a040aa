import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PlaceCounts } from '@posthouse/app'
import { AskedPlaces } from './asked-places.ts'
import { WorkerPlaces } from './crew-places.ts'
import { crewSize } from './crew.ts'

/** A worker's view, and the end of it. */
function workerOn(counts: PlaceCounts): { readonly asked: AskedPlaces; readonly die: () => void } {
  const places = new WorkerPlaces(counts)
  const asked: AskedPlaces = new AskedPlaces((message) => {
    if (message.kind !== 'take' && message.kind !== 'give') return
    const answer = places.hear(message)
    if (answer !== undefined) asked.hear(answer)
  })
  return { asked, die: () => places.giveAll() }
}

test('workers share what there is, and one that dies gives back what it had', async () => {
  const counts = new PlaceCounts()
  const [one, other] = [workerOn(counts), workerOn(counts)]
  const want = [
    { key: 'all', most: 3 },
    { key: 'ada', most: 2 },
  ]
  const give = await one.asked.take(want)
  assert.ok(give)
  assert.ok(await other.asked.take(want))
  assert.equal(await one.asked.take(want), undefined)
  // What was refused has taken nothing.
  assert.ok(await one.asked.take([{ key: 'all', most: 3 }]))
  give()
  assert.ok(await other.asked.take(want))
  other.die()
  assert.deepEqual([...counts.all()], ['all'])
  one.die()
  assert.deepEqual([...counts.all()], [])
})

test('there is one worker for two cores, or as many as are wanted; other apps have one process', () => {
  const config = { imap: { without: [], clients: [] } }
  const sizes = [1, 2, 4, 7, 64].map((cores) => crewSize('imap', config, cores))
  assert.deepEqual(sizes, [1, 1, 2, 3, 8])
  assert.equal(crewSize('imap', { imap: { ...config.imap, workers: 5 } }, 1), 5)
  assert.equal(crewSize('mx', config, 64), 1)
})
