import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runPosthouse } from '../testing/command-house.ts'

test('help explains a code, with the words of the server better, and needs nothing that runs', async () => {
  const code = await runPosthouse({}, ['help', '5.2.2'])
  assert.deepEqual([code.code, code.stdout.split('\n')[0]], [0, "The recipient's mailbox is full."])
  const words = ['550', '5.7.1', 'blocked', 'using', 'zen.spamhaus.org']
  const listed = await runPosthouse({}, ['help', ...words, '--json'])
  const shown = JSON.parse(listed.stdout) as Record<string, unknown>
  assert.deepEqual([shown['cause'], shown['aboutUs']], ['block-list', true])
  const quoted = await runPosthouse({}, ['help', '421-4.7.28 unusual rate of mail'])
  assert.match(quoted.stdout, /To whoever runs this server: /)
})

test('help for commands is what it was, and what is no refusal is not explained', async () => {
  const command = await runPosthouse({}, ['help', 'route'])
  assert.equal(command.code, 0)
  assert.match(command.stdout, /relays, and the way that mail would take/)
  assert.equal((await runPosthouse({}, ['help', '250'])).code, 2)
})
