import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatThreads } from './format-threads.ts'
import { orderedSubject } from './ordered-subject.ts'

async function threads(...mails: readonly (readonly [string, number])[]): Promise<string> {
  const messages = {
    subjects: mails.map(([subject]) => subject),
    dates: mails.map(([, date]) => date),
    areReplies: mails.map(() => false),
  }
  const out = [...formatThreads(await orderedSubject(messages), (message) => message + 1)]
  return Buffer.concat(out).toString()
}

test('no messages are no threads', async () => {
  assert.equal(await threads(), '* THREAD\r\n')
})

test('messages of one subject hang side by side under the first that was sent', async () => {
  assert.equal(await threads(['a', 1], ['b', 2]), '* THREAD (1)(2)\r\n')
  assert.equal(await threads(['a', 1], ['b', 2], ['a', 3]), '* THREAD (1 3)(2)\r\n')
  assert.equal(await threads(['a', 5], ['b', 2], ['a', 3], ['a', 4]), '* THREAD (2)(3 (4)(1))\r\n')
})

test('what was sent in one moment stays in the order of the mailbox', async () => {
  assert.equal(await threads(['b', 1], ['a', 1], ['b', 1], ['b', 1]), '* THREAD (1 (3)(4))(2)\r\n')
})
