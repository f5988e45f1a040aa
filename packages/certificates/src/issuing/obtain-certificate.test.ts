import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  directory,
  accountKey,
  json,
  withAuthority,
  type Answer,
} from '../acme/authority.fixture.ts'
import type { Proof } from '../challenges/prover.ts'
import { obtainCertificate } from './obtain-certificate.ts'

const order: Answer = (_, response, base) => {
  response.setHeader('location', `${base}/order/1`)
  json(response, 201, {
    status: 'pending',
    identifiers: [{ type: 'dns', value: 'mail.a.test' }],
    authorizations: [`${base}/authorization`],
    finalize: `${base}/finalize`,
  })
}

const authorizationFor =
  (name: string): Answer =>
  (_, response, base) =>
    json(response, 200, {
      status: 'pending',
      identifier: { type: 'dns', value: name },
      challenges: [{ type: 'dns-01', url: `${base}/challenge`, token: 'a-token-of-the-authority' }],
    })

const nothing = async (): Promise<void> => undefined

/** What is published where the authority wants this name proved. */
async function publishedFor(name: string): Promise<readonly string[]> {
  const published: string[] = []
  const prover = {
    kind: 'dns-01',
    async publish(proofs: readonly Proof[]) {
      published.push(...proofs.map((proof) => proof.name))
    },
    withdraw: nothing,
    remark: () => undefined,
  } as const
  const answers = {
    '/directory': directory,
    '/order': order,
    '/authorization': authorizationFor(name),
  }
  await withAuthority(answers, async (client) => {
    const wish = { names: ['mail.a.test'], key: accountKey, replaces: undefined, begun: undefined }
    const ordering = {
      client,
      prover,
      signal: undefined,
      noteOrder: nothing,
      told: () => undefined,
    }
    // The authority goes no further than this.
    await assert.rejects(obtainCertificate(wish, ordering), { name: 'AcmeProblem' })
  })
  return published
}

test('nothing is published for a name that was not ordered', async () => {
  assert.deepEqual(await publishedFor('mail.a.test'), ['mail.a.test'])
  assert.deepEqual(await publishedFor('bank.test'), [])
})
