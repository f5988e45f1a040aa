import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCampaign } from './harness/campaign.ts'
import { faultKinds } from './harness/fault-kinds.ts'
import { proofs, runProof } from './harness/proofs.ts'

const isLong = process.env['POSTHOUSE_TEST_LONG'] === '1'

test('nothing that was acknowledged is lost or doubled while apps and Postgres are killed', async (t) => {
  const kinds = faultKinds.filter(({ name }) => isLong || name.startsWith('kill '))
  const result = await runCampaign({
    seed: 17,
    seconds: isLong ? 3600 : 12,
    messages: 20,
    kinds,
    tell: (line) => t.diagnostic(line),
  })
  const { lost, duplicated, wrong } = result.verdict
  assert.deepEqual({ lost, duplicated, wrong }, { lost: [], duplicated: [], wrong: [] })
  assert.deepEqual(result.stillQueued, [], 'still queued after five quiet minutes; nothing is lost')
  assert.equal(result.leftOver, 0, 'processes were left over')
  assert.ok(result.acknowledged > 0)
})

test('the harness notices a retry of what was delivered', async (t) => {
  const proof = proofs.find(({ expected }) => expected === 'duplicated')
  assert.ok(proof)
  const { isRight } = await runProof(proof, 18, 6, (line) => t.diagnostic(line))
  assert.ok(isRight)
})
