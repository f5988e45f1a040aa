import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { openMailboxHouse } from '../mailbox-house.ts'
import { randomFrom } from '../random.ts'
import { ownServer } from './own-server.ts'
import { Round } from './round.ts'
import { operationKinds, Tally } from './tally.ts'

/** How much is done. */
export interface ModelSize {
  readonly operations: number
  /** Operations of one round, which has a database of its own. */
  readonly perRound: number
  /** Rounds at the same time: one works while the other waits for its slowest client. */
  readonly atOnce: number
}

/** Where a round's database is: the server that all tests share, or one of its own. */
type Place = 'shared server' | 'own server' | 'own server, to the disk'

/** Of several rounds, which have servers of their own, every so manyth waits for the disk. */
const durableEvery = 5

/**
 * In each round three processes do random things to some accounts' mailboxes, with several clients in each; one is killed in
 * most bouts. After each bout every process's state, what its sessions were told, and what a client hears that resynchronises
 * (RFC 7162) are compared with a model in plain memory. POSTHOUSE_MODEL_SEED and POSTHOUSE_MODEL_OPERATIONS overrule: a round
 * that failed is repeated by the seed that it named.
 */
export function modelTest({ operations, perRound, atOnce }: ModelSize): void {
  const seed = Number(process.env['POSTHOUSE_MODEL_SEED'] ?? Date.now() % 1_000_000)
  const wanted = Number(process.env['POSTHOUSE_MODEL_OPERATIONS'] ?? operations)
  const total = new Tally()
  const begun = performance.now()

  describe(
    'processes that work and die at random agree with a model in memory',
    {
      concurrency: atOnce,
    },
    () => {
      const rounds = Math.ceil(wanted / perRound)
      for (let round = 0; round < rounds; round++) {
        test(`seed ${seed + round}`, async (t) => {
          const isDurable = round % durableEvery === durableEvery - 1
          const own = isDurable ? 'own server, to the disk' : 'own server'
          const place = rounds === 1 ? 'shared server' : own
          const tally = await playRound(seed + round, Math.min(wanted, perRound), place)
          total.add(tally)
          t.diagnostic(`seed ${seed + round}, ${place}: ${String(tally)}`)
        })
      }
    },
  )

  test('every kind of operation was among them', (t) => {
    const seconds = Math.round((performance.now() - begun) / 1000)
    t.diagnostic(
      `${total.operations} operations in ${seconds} s from seed ${seed}: ${String(total)}`,
    )
    assert.ok(total.operations >= wanted)
    for (const kind of operationKinds) {
      assert.ok(total.of(kind) * 2_000 >= wanted, `${kind}: ${total.of(kind)}`)
    }
    assert.ok(total.of('kill') > 0)
  })
}

async function playRound(seed: number, operations: number, place: Place): Promise<Tally> {
  const house = await openMailboxHouse(
    place === 'shared server' ? {} : { fresh: await ownServer(place !== 'own server') },
  )
  const round = new Round(house, randomFrom(seed))
  try {
    await round.run(operations)
  } catch (error) {
    // What the check finds then is no news.
    await house.close().catch(() => {})
    const text = `with seed ${seed}, after ${round.tally.operations} operations`
    throw new Error(text, { cause: error })
  }
  await house.close()
  return round.tally
}
