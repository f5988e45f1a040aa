import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ProcessSuite } from '../journeys/house/process-suite.ts'
import { Dice } from './harness/dice.ts'
import { faultKinds } from './harness/fault-kinds.ts'
import { Orders } from './harness/orders.ts'

const orders = new Orders()
let suite: ProcessSuite

before(async () => {
  suite = await ProcessSuite.start({ env: orders.env() })
  await suite.account('reader0@example.test')
})
after(async () => {
  await suite.stop()
  await orders.close()
})

async function strike(name: string): Promise<readonly string[]> {
  const complaints: string[] = []
  const kind = faultKinds.find((each) => each.name === name)
  assert.ok(kind)
  const complain = (text: string): void => void complaints.push(text)
  assert.ok(await kind.strike({ suite, dice: new Dice(1), orders, disk: undefined, complain }))
  return complaints
}

test('apps go on after SIGHUP', async () => {
  assert.deepEqual(await strike('SIGHUP'), [])
})

test('a renewed certificate is shown at once, and no session is dropped for it', async () => {
  assert.deepEqual(await strike('certificates swapped'), [])
})

test('it makes no difference that clocks are days behind', async () => {
  for (const app of ['submission', 'imap', 'pop3'])
    await orders.give(await suite.pidOf(app), { clockMs: -40 * 24 * 60 * 60 * 1000 })
  assert.deepEqual(await strike('certificates swapped'), [])
})
