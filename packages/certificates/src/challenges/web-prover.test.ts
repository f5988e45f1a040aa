import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import type { AcmeChallenge } from '@posthouse/store'
import { AcmeProblem } from '../acme/acme-problem.ts'
import { webProver } from './web-prover.ts'

test('a name that DNS does not answer for keeps no other from being proved', async () => {
  const kept = new Map<string, AcmeChallenge>()
  const server = createServer((request, response) => {
    response.end(kept.get((request.url ?? '').split('/').at(-1) ?? '')?.answer)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', () => done()))
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const prover = webProver({
    kind: 'http-01',
    httpPort: address.port,
    tlsPort: 0,
    certificates: {
      putChallenges: async (all) => {
        for (const each of all) kept.set(each.token, each)
      },
      dropChallenges: async (tokens) => {
        for (const token of tokens) kept.delete(token)
      },
    },
    async addressesOf(name) {
      if (name === 'mute.test') throw new AcmeProblem('dns', `${name}: no answer`)
      return ['127.0.0.1']
    },
  })
  const proofs = ['good.test', 'mute.test'].map((name) => ({
    name,
    token: `token-of-${name}`,
    answer: `answer of ${name}`,
  }))
  try {
    await prover.publish(proofs, undefined)
    assert.equal(prover.remark('good.test'), undefined)
    assert.equal(prover.remark('mute.test'), 'mute.test: no answer')
    assert.equal(kept.size, 2)
    await prover.withdraw(proofs)
    assert.equal(kept.size, 0)
  } finally {
    server.closeAllConnections()
    await new Promise<void>((done) => server.close(() => done()))
  }
})
