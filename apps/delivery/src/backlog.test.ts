import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClaimedMessage } from '@posthouse/store'
import { Backlog } from './backlog.ts'
import { plainMessage } from './claimed-message.fixture.ts'
import { Job } from './job.ts'
import { Lease } from './lease.ts'
import { randomFrom, someSeed } from './pace/random.fixture.ts'

const queue = { renew: () => Promise.resolve(0), release: () => Promise.resolve(0) }
const newLease = () => new Lease(queue, 'token', 60, performance.now())

let jobs = 0
function jobOf(
  lease: Lease,
  more: Partial<ClaimedMessage> & { readonly address?: string } = {},
): Job {
  jobs += 1
  const { address = 'bob@there.test', ...rest } = more
  const recipient = {
    n: jobs,
    address,
    originalRecipient: undefined,
    notify: undefined,
    attempt: 1,
    isDelayTold: false,
    wasAbandoned: false,
    last: undefined,
  }
  const own = { queueId: `job${jobs}`, sender: '', recipients: [recipient] }
  const message: ClaimedMessage = { ...plainMessage, ...own, ...rest }
  return new Job(message, lease)
}

function drained(backlog: Backlog): readonly Job[] {
  const all: Job[] = []
  for (let job = backlog.take(); job !== undefined; job = backlog.take()) all.push(job)
  return all
}

test('who has priority goes first, others as they came, and what was put back before all', () => {
  const lease = newLease()
  const backlog = new Backlog()
  const [first, low, second, high] = [0, -1, 0, 1].map((priority) => jobOf(lease, { priority }))
  assert.ok(first && low && second && high)
  backlog.add([first, low, second, high])
  const taken = backlog.take()
  assert.equal(taken, high)
  backlog.putBack(low)
  assert.deepEqual(drained(backlog), [low, first, second, low])
})

test('one message for two domains becomes one job, unless it came with two claims', () => {
  const [one, other] = [newLease(), newLease()]
  const backlog = new Backlog()
  const a = jobOf(one, { queueId: 'same', address: 'a@one.test' })
  const b = jobOf(one, { queueId: 'same', address: 'b@two.test' })
  const c = jobOf(other, { queueId: 'same', address: 'c@three.test' })
  backlog.add([a])
  backlog.add([b, c])
  assert.deepEqual(
    drained(backlog).map(({ message }) => message.recipients.map(({ address }) => address)),
    [['a@one.test', 'b@two.test'], ['c@three.test']],
  )
})

test('a job that was taken out takes nobody in any more', () => {
  const lease = newLease()
  const backlog = new Backlog()
  backlog.add([jobOf(lease, { queueId: 'same' })])
  backlog.take()
  backlog.add([jobOf(lease, { queueId: 'same' })])
  assert.equal(backlog.size, 1)
})

test('whatever is done, nothing is lost and nothing is there twice', (t) => {
  const seed = someSeed()
  t.diagnostic(`seed ${seed}`)
  const random = randomFrom(seed)
  const lease = newLease()
  const backlog = new Backlog()
  const inside = new Set<Job>()
  for (let step = 0; step < 5_000; step += 1) {
    const dice = random()
    if (dice < 0.5) {
      const job = jobOf(lease, { priority: Math.floor(random() * 3) - 1 })
      backlog.add([job])
      inside.add(job)
    } else if (dice < 0.9) {
      const job = backlog.take()
      assert.equal(job !== undefined, inside.size > 0, `seed ${seed}`)
      if (job !== undefined) {
        assert.ok(inside.has(job))
        if (random() < 0.2) backlog.putBack(job)
        else inside.delete(job)
      }
    } else {
      for (const job of backlog.remove(() => random() < 0.1)) assert.ok(inside.delete(job))
    }
    assert.equal(backlog.size, inside.size, `seed ${seed}`)
  }
  assert.deepEqual(new Set(drained(backlog)), inside)
})
