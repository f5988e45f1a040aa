import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Secret } from '@posthouse/config'
import { openCommandHouse, type CommandHouse } from '../testing/command-house.ts'

let house: CommandHouse
before(async () => {
  house = await openCommandHouse()
})
after(() => house.close())

async function attempt(password: string, protocol: 'imap' | 'submission'): Promise<void> {
  const context = { protocol, address: '192.0.2.7' }
  await house.store.accounts.authenticate('ada@example.test', new Secret(password), context)
}

interface Logins {
  readonly items: readonly { protocol: string; result: string; reason: string; times: number }[]
}

test('account logins tells what worked and what did not, in words, and what to look at next', async () => {
  const ada = await house.account('ada@example.test')
  assert.match((await house.run('account', 'logins', 'ada@example.test')).stderr, /Nobody tried/)
  await attempt('analytical', 'imap')
  await attempt('wrong', 'submission')
  await attempt('wrong', 'submission')
  for (let i = 0; (await house.store.signIns.list(ada.id)).length < 2; i += 1) {
    assert.ok(i < 1_500)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const { items } = (await house.json('account', 'logins', 'ada@example.test')) as unknown as Logins
  assert.deepEqual(
    new Set(items.map(({ protocol, result }) => `${protocol} ${result}`)),
    new Set(['imap ok', 'submission password']),
  )
  const failed = await house.run('account', 'logins', 'Ada@example.test', '--failed')
  assert.equal(failed.code, 0)
  assert.match(failed.stdout, / 2 +submission +192\.0\.2\.7 +password +wrong password/)
  assert.doesNotMatch(failed.stdout, /imap/)
  assert.match(failed.stderr, /account test-login ada@example\.test --protocol smtp/)
  await house.refused(5, 'account', 'logins', 'nobody@example.test')
  await house.refused(2, 'account', 'logins', 'ada@example.test', '--since', 'yesteryear')
  await house.refused(2, 'account', 'logins', 'ada@example.test', '--limit', '0')
})
