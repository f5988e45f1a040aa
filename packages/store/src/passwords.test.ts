import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Passwords } from './passwords.ts'
import { StoreUnavailable } from './unavailable.ts'

test('a password fits its own hash only, and a hash is salted', async () => {
  const passwords = new Passwords()
  const [one, two] = await Promise.all([passwords.hash('analytical'), passwords.hash('analytical')])
  assert.notEqual(one, two)
  assert.equal(await passwords.verify(one, 'analytical'), true)
  assert.equal(await passwords.verify(one, 'Analytical'), false)
  assert.equal(await passwords.verify(undefined, 'analytical'), false)
  assert.equal(await passwords.verify('$argon2id$broken', 'analytical'), false)
  assert.equal(passwords.isOutdated(one), false)
  assert.equal(passwords.isOutdated('$argon2id$v=19$m=4096,t=2,p=1$a$b'), true)
})

test('a thousand logins that were remembered cost less than one check', async () => {
  const passwords = new Passwords()
  const stored = await passwords.hash('analytical')
  const first = process.cpuUsage()
  await passwords.verify(stored, 'analytical')
  const check = process.cpuUsage(first)
  const then = process.cpuUsage()
  for (let i = 0; i < 1_000; i++) assert.equal(await passwords.verify(stored, 'analytical'), true)
  const all = process.cpuUsage(then)
  // A hash of SHA-256 takes 2 us, one of argon2id 35 ms and more: twenty times is room enough for any machine.
  assert.ok(
    all.user + all.system < 20 * (check.user + check.system),
    JSON.stringify({ check, all }),
  )
})

test('unknown names cost a whole check, as known ones do', async () => {
  const passwords = new Passwords()
  const stored = await passwords.hash('analytical')
  await passwords.verify(undefined, 'warm up')
  const cpu = async (hash: string | undefined): Promise<number> => {
    const begun = process.cpuUsage()
    for (let i = 0; i < 4; i++) await passwords.verify(hash, `wrong ${i}`)
    const { user, system } = process.cpuUsage(begun)
    return user + system
  }
  const known = await cpu(stored)
  const unknown = await cpu(undefined)
  assert.ok(unknown > known / 4 && unknown < known * 4, JSON.stringify({ known, unknown }))
})

test('too many checks at once are refused as an overload, not as wrong passwords', async () => {
  const passwords = new Passwords({ maxWaiting: 3 })
  await passwords.verify(undefined, 'warm up')
  const results = await Promise.allSettled(
    Array.from({ length: 9 }, (_, i) => passwords.verify(undefined, `guess ${i}`)),
  )
  const refused = results.filter(({ status }) => status === 'rejected')
  assert.equal(refused.length, 4)
  for (const result of refused) {
    assert.ok(result.status === 'rejected' && result.reason instanceof StoreUnavailable)
    assert.equal(result.reason.reason, 'busy')
  }
  assert.ok(results.every((result) => result.status === 'rejected' || !result.value))
  assert.equal(await passwords.verify(undefined, 'afterwards'), false)
})
