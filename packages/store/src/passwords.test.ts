import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Passwords, type CheckWatch } from './passwords.ts'
import { StoreUnavailable } from './unavailable.ts'

const attempt = (stored: string | undefined, password: string) => {
  return { stored, password, name: 'ada@example.test 192.0.2.1' }
}

test('a password fits its own hash only, and a hash is salted', async () => {
  const passwords = new Passwords()
  const [one, two] = await Promise.all([passwords.hash('analytical'), passwords.hash('analytical')])
  assert.notEqual(one, two)
  assert.equal(await passwords.verify(attempt(one, 'analytical')), 'right')
  assert.equal(await passwords.verify(attempt(one, 'Analytical')), 'wrong')
  assert.equal(await passwords.verify(attempt(undefined, 'analytical')), 'wrong')
  assert.equal(await passwords.verify(attempt('$argon2id$broken', 'analytical')), 'wrong')
  assert.equal(passwords.isOutdated(one), false)
  assert.equal(passwords.isOutdated('$argon2id$v=19$m=4096,t=2,p=1$a$b'), true)
})

test('a thousand logins that were remembered cost less than one check', async () => {
  const passwords = new Passwords()
  const stored = await passwords.hash('analytical')
  const first = process.cpuUsage()
  await passwords.verify(attempt(stored, 'analytical'))
  const check = process.cpuUsage(first)
  const then = process.cpuUsage()
  for (let i = 0; i < 1_000; i++)
    assert.equal(await passwords.verify(attempt(stored, 'analytical')), 'right')
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
  await passwords.verify(attempt(undefined, 'warm up'))
  const cpu = async (hash: string | undefined): Promise<number> => {
    const begun = process.cpuUsage()
    for (let i = 0; i < 4; i++) await passwords.verify(attempt(hash, `wrong ${i}`))
    const { user, system } = process.cpuUsage(begun)
    return user + system
  }
  const known = await cpu(stored)
  const unknown = await cpu(undefined)
  assert.ok(unknown > known / 4 && unknown < known * 4, JSON.stringify({ known, unknown }))
})

test('too many checks at once are refused as an overload, not as wrong passwords', async () => {
  const passwords = new Passwords({ maxWaiting: 3 })
  await passwords.verify(attempt(undefined, 'warm up'))
  const results = await Promise.allSettled(
    Array.from({ length: 9 }, (_, i) => passwords.verify(attempt(undefined, `guess ${i}`))),
  )
  const refused = results.filter(({ status }) => status === 'rejected')
  assert.equal(refused.length, 4)
  for (const result of refused) {
    assert.ok(result.status === 'rejected' && result.reason instanceof StoreUnavailable)
    assert.equal(result.reason.reason, 'busy')
  }
  assert.ok(results.every((result) => result.status === 'rejected' || result.value === 'wrong'))
  assert.equal(await passwords.verify(attempt(undefined, 'afterwards')), 'wrong')
})

test('checks that waited are asked again, and a failure is told before the next has its turn', async () => {
  const passwords = new Passwords()
  let failures = 0
  const watch: CheckWatch = {
    mayCheck: async () => failures < 3,
    failed: async () => {
      await new Promise((resolve) => setImmediate(resolve))
      failures += 1
    },
  }
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, (_, i) => passwords.verify(attempt(undefined, `${i}`), watch)),
  )
  // Two at a time: at most one more than the limit slips through.
  assert.ok(failures <= 4, String(failures))
  assert.equal(outcomes.filter((outcome) => outcome === 'wrong').length, failures)
  assert.equal(outcomes.filter((outcome) => outcome === 'given-up').length, 20 - failures)
})

test('equal attempts that come together are one check, for known and unknown names alike', async () => {
  const passwords = new Passwords()
  const known = await passwords.hash('analytical')
  for (const stored of [known, undefined]) {
    let failures = 0
    const watch: CheckWatch = {
      mayCheck: async () => true,
      failed: async () => void (failures += 1),
    }
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, () => passwords.verify(attempt(stored, 'wrong'), watch)),
    )
    assert.deepEqual(new Set(outcomes), new Set(['wrong']))
    assert.equal(failures, 1)
  }
})

test('whoever comes from a known place does not wait behind strangers, and is not turned away for them', async () => {
  const passwords = new Passwords({ maxWaiting: 5 })
  const stored = await passwords.hash('analytical')
  const order: string[] = []
  const strangers = Array.from({ length: 7 }, (_, i) =>
    passwords.verify(attempt(undefined, `guess ${i}`)).then(() => order.push('stranger')),
  )
  const owner = passwords
    .verify({ ...attempt(stored, 'analytical'), isKnownPlace: true })
    .then((outcome) => order.push(outcome))
  await Promise.all([...strangers, owner])
  assert.ok(order.indexOf('right') < 4, order.join(' '))
})
