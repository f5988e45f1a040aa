import assert from 'node:assert/strict'
import { test } from 'node:test'
import { letter } from '../sample-message.fixture.ts'
import { messageKey } from './classifier.ts'
import { MemoryTokenStore } from './memory-token-store.ts'
import { tokenHash } from './token-hash.ts'
import { trainPending, type TrainingJob } from './train-pending.ts'

const reputation = {
  fame: () => Promise.resolve(new Map()),
  note: () => Promise.resolve(),
  correspondents: () => Promise.resolve(new Set<string>()),
}

function prefixFor(recipient: string, more = ''): Buffer {
  const received = `Received: from [192.0.2.7]\r\n\tby mx.example.test (Posthouse) with ESMTPS\r\n\tid 1\r\n\tfor <${recipient}>;\r\n\tSun, 1 Mar 2026 12:00:00 +0000\r\n`
  return Buffer.from(`Return-Path: <>\r\nDelivered-To: ada@example.test\r\n${more}${received}`)
}

/** Learns from one job. @returns the tokens of its manner, and who is said to have taught */
async function trained(prefix: Buffer) {
  const tokens = new MemoryTokenStore()
  const job: TrainingJob = { account: 'ada', messageId: 1, isSpam: false, octets: letter(), prefix }
  const done: TrainingJob[] = []
  const queue = {
    claim: () => Promise.resolve([job]),
    done: (each: TrainingJob) => Promise.resolve(void done.push(each)),
  }
  const teachers: string[] = []
  const note = (account: string) => void teachers.push(account)
  assert.equal(await trainPending(queue, { tokens, reputation }, 1, undefined, note), 1)
  assert.deepEqual(done, [job])
  const kept = await tokens.lesson(messageKey(job.octets), 'ada')
  return { manner: kept?.tokens.manner ?? [], teachers }
}

test('whom a message was for is read from the field that we wrote, and no other', async () => {
  const given = tokenHash('given:1')
  const made = await trained(prefixFor('ada+elsewhere@example.test'))
  assert.ok(made.manner.includes(given))
  assert.deepEqual(made.teachers, ['ada'])
  const forged = 'X-Posthouse-Findings: x\r\n\tfor <ada+elsewhere@example.test>;\r\n'
  for (const prefix of [prefixFor('ada@example.test', forged), Buffer.alloc(0)]) {
    const { manner } = await trained(prefix)
    assert.ok(manner.length > 5)
    assert.ok(!manner.includes(given))
  }
})
