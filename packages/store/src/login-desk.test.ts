import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Secret } from '@posthouse/config'
import type { Authentication } from './accounts.ts'
import { LoginFailures } from './login-failures.ts'
import { loginLimits } from './login-limits.ts'
import { statement } from './statement.ts'
import type { Store } from './store.ts'
import { silentLog } from './store-log.ts'
import { actor, openStoreHouse, type StoreHouse } from './testing/store-house.ts'

// Counts that do not decay while a test runs, and a pace that takes no time.
const limits = { ofLogin: 4, ofNetwork: 10, halfLifeSeconds: 1e9, paceMs: 1, longestPaceMs: 5 }

let house: StoreHouse
let one: Store
let two: Store

before(async () => {
  house = await openStoreHouse()
  one = await house.another({ loginLimits: limits })
  two = await house.another({ loginLimits: limits })
})
after(() => house.close())

let accounts = 0
/** A name and a network of this test's own. */
async function newcomer() {
  accounts += 1
  const name = `user${accounts}@example.test`
  await house.account(name)
  return { name, network: `198.51.${accounts}` }
}

async function attempt(store: Store, name: string, password: string, address: string) {
  const context = { protocol: 'imap', address } as const
  return store.accounts.authenticate(name, new Secret(password), context)
}

const outcome = (result: Authentication) => (result.ok ? 'ok' : result.because)

/** A second's work of the database at most: notes are written behind a login's back. */
async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1_500; i++) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  assert.fail(`never: ${what}`)
}

const placesOf = statement<{ readonly n: number }>(
  'test_places',
  'SELECT count(*) AS n FROM login_place WHERE network = $1::cidr',
)

async function signInOnce(name: string, address: string): Promise<void> {
  assert.ok((await attempt(one, name, 'analytical', address)).ok)
  await eventually('the place is known', async () => {
    const [row] = await house.database.query(placesOf, [address])
    return row !== undefined && row.n > 0
  })
}

test('after too many wrong passwords an attempt is throttled in every process, right or wrong', async () => {
  const { name, network } = await newcomer()
  const address = `${network}.1`
  for (let i = 0; i < limits.ofLogin; i++) {
    const store = i % 2 === 0 ? one : two
    assert.equal(outcome(await attempt(store, name, `wrong ${i}`, address)), 'password')
  }
  for (const store of [one, two]) {
    const result = await attempt(store, name, 'analytical', address)
    assert.ok(!result.ok && result.reason === 'throttled')
    assert.equal(result.because, 'throttled-login')
    assert.ok(result.retrySeconds !== undefined && result.retrySeconds > 0)
  }
  // Others from there, and the owner from elsewhere, are let in.
  const { name: other } = await newcomer()
  assert.ok((await attempt(one, other, 'analytical', address)).ok)
  assert.ok((await attempt(two, name, 'analytical', `${network}.2`)).ok)
})

async function course(login: string, address: string): Promise<readonly string[]> {
  const outcomes: string[] = []
  for (let i = 0; i < limits.ofLogin + 3; i++) {
    const result = await attempt(one, login, `wrong ${i}`, address)
    outcomes.push(result.ok ? 'ok' : result.reason)
  }
  return outcomes
}

test('unknown names are throttled exactly as known ones are', async () => {
  const { name, network } = await newcomer()
  const known = await course(name, `${network}.1`)
  const unknown = await course(`no-${name}`, `${network}.2`)
  assert.deepEqual(unknown, known)
  assert.deepEqual(known.slice(-3), ['throttled', 'throttled', 'throttled'])
})

test('a throttled attempt costs no check of a password', async () => {
  const { name, network } = await newcomer()
  const address = `${network}.1`
  const cpu = async (times: number) => {
    const begun = process.cpuUsage()
    for (let i = 0; i < times; i++) await attempt(one, name, `guess ${times} ${i}`, address)
    const { user, system } = process.cpuUsage(begun)
    return (user + system) / times
  }
  const checked = await cpu(limits.ofLogin)
  const refused = await cpu(200)
  assert.equal(outcome(await attempt(one, name, 'x', address)), 'throttled-login')
  assert.ok(refused < checked / 3, JSON.stringify({ checked, refused }))
})

test('known and unknown names cost the same', async () => {
  const store = await house.another({ loginLimits: { ...limits, ofLogin: 1e6, ofNetwork: 1e6 } })
  const { name, network } = await newcomer()
  await attempt(store, name, 'warm up', `${network}.9`)
  const cpu = async (login: string) => {
    const begun = process.cpuUsage()
    for (let i = 0; i < 6; i++) await attempt(store, login, `wrong ${i}`, `${network}.1`)
    const { user, system } = process.cpuUsage(begun)
    return user + system
  }
  const known = await cpu(name)
  const unknown = await cpu(`no-${name}`)
  const malformed = await cpu('no address')
  for (const other of [unknown, malformed]) {
    assert.ok(other > known / 4 && other < known * 4, JSON.stringify({ known, unknown, malformed }))
  }
})

test('many logins from one network are throttled together, newcomers only', async () => {
  const { name, network } = await newcomer()
  const { name: newer } = await newcomer()
  await signInOnce(name, `${network}.1`)
  for (let i = 0; i < limits.ofNetwork; i++) {
    const result = await attempt(one, `guess${i}@example.test`, 'x', `${network}.${100 + i}`)
    assert.equal(outcome(result), 'name')
  }
  const result = await attempt(two, newer, 'analytical', `${network}.200`)
  assert.equal(outcome(result), 'throttled-network')
  assert.ok((await attempt(two, name, 'analytical', `${network}.1`)).ok)
  assert.ok((await attempt(two, newer, 'analytical', '198.51.250.1')).ok)
})

test('an owner is never locked out where the owner has signed in before, and does not lock out others', async () => {
  const { name, network } = await newcomer()
  const address = `${network}.1`
  await signInOnce(name, address)
  for (let i = 0; i < limits.ofNetwork + 2; i++) {
    assert.equal(outcome(await attempt(one, name, `old ${i}`, address)), 'password')
  }
  const { name: newer } = await newcomer()
  assert.ok((await attempt(two, newer, 'analytical', `${network}.7`)).ok)
  assert.ok((await attempt(two, name, 'analytical', address)).ok)
})

test('the right password forgives what went before, here and not elsewhere', async () => {
  const { name, network } = await newcomer()
  const slip = async (address: string) => {
    for (let i = 1; i < limits.ofLogin; i++) await attempt(one, name, `slip ${i}`, address)
  }
  await slip(`${network}.1`)
  await slip(`${network}.2`)
  assert.ok((await attempt(two, name, 'analytical', `${network}.1`)).ok)
  const counted = async () => {
    const report = await one.networkRules.why(`${network}.1`)
    return report?.failures.filter(({ login }) => login === name).length
  }
  await eventually('forgiven', async () => (await counted()) === 0)
  const elsewhere = await one.networkRules.why(`${network}.2`)
  assert.equal(
    elsewhere?.failures.find(({ login }) => login === name)?.failures,
    limits.ofLogin - 1,
  )
})

test('a burst of guesses at once gets no further than guesses one by one', async () => {
  const { name, network } = await newcomer()
  const results = await Promise.all(
    Array.from({ length: 60 }, (_, i) => attempt(one, name, `burst ${i}`, `${network}.1`)),
  )
  const checked = results.filter((result) => outcome(result) === 'password').length
  // Two checks run at a time, and a failure is counted before the next begins.
  assert.ok(checked >= limits.ofLogin && checked <= limits.ofLogin + 2, String(checked))
  assert.ok(results.every((result) => outcome(result) !== 'ok'))
})

test('counts decay', async () => {
  const { name, network } = await newcomer()
  const store = await house.another({ loginLimits: { ...limits, halfLifeSeconds: 900 } })
  const address = `${network}.1`
  for (let i = 0; i < 10; i++) await attempt(store, name, `wrong ${i}`, address)
  assert.equal(outcome(await attempt(store, name, 'analytical', address)), 'throttled-login')
  const age = statement(
    'test_age',
    `UPDATE login_failure SET at = at - interval '1 hour' WHERE network <<= $1::cidr`,
  )
  await house.database.execute(age, [`${network}.0/24`])
  assert.ok((await attempt(store, name, 'analytical', address)).ok)
})

test('IPv6 clients are told apart by their /64', async () => {
  const { name } = await newcomer()
  for (let i = 0; i < limits.ofLogin; i++) {
    await attempt(one, name, `wrong ${i}`, `2001:db8:0:1:${i}::1`)
  }
  const throttled = await attempt(two, name, 'analytical', '2001:db8:0:1:ffff::2')
  assert.equal(outcome(throttled), 'throttled-login')
  assert.ok((await attempt(two, name, 'analytical', '2001:db8:0:2::1')).ok)
})

test('failures are kept in a bounded number of rows, and what has decayed is swept', async () => {
  const { network } = await newcomer()
  const failures = new LoginFailures(house.database, silentLog, { ...loginLimits, rows: 20 })
  const count = statement<{ readonly n: number }>(
    'test_failures',
    'SELECT count(*) AS n FROM login_failure',
  )
  const rows = async () => (await house.database.query(count))[0]?.n
  for (let i = 0; i < 30; i++) {
    const from = { address: '', client: `${network}.${i}/32`, network: `${network}.0/24` }
    await failures.add(from, `sweep${i}@example.test`, false)
  }
  while ((await failures.sweep()) > 0);
  assert.equal(await rows(), 20)
  await house.database.execute(
    statement('test_age_all', `UPDATE login_failure SET at = at - interval '1 day'`),
  )
  await failures.sweep()
  assert.equal(await rows(), 0)
})

test('what is no address is one login, however it is spelled', async () => {
  const { network } = await newcomer()
  for (let i = 0; i < limits.ofLogin; i++) {
    const login = ['x', '', '\0@x', 'a@b@', 'hunter2'][i % 5] ?? ''
    assert.equal(outcome(await attempt(one, login, `wrong ${i}`, `${network}.1`)), 'name')
  }
  const result = await attempt(two, 'another', 'x', `${network}.1`)
  assert.equal(outcome(result), 'throttled-login')
  const report = await one.networkRules.why(`${network}.1`)
  assert.deepEqual(report?.failures.map(({ login }) => login).toSorted(), ['-', undefined])
})

test('a login that worked is let in by a grant that ends with the password, the account or an order', async () => {
  const { name, network } = await newcomer()
  const grant = async () => {
    const result = await attempt(one, name, 'analytical', `${network}.1`)
    assert.ok(result.ok)
    return result.grant
  }
  const first = await grant()
  assert.deepEqual(await two.accounts.lapsed([first]), [])
  await two.accounts.setPassword(name, new Secret('analytical'), actor)
  const second = await grant()
  assert.deepEqual(await two.accounts.lapsed([second, first]), [first])
  await two.accounts.setEnabled(name, false, actor)
  assert.deepEqual(await two.accounts.lapsed([second]), [second])
  // On again before anybody asked: the order to leave stands.
  await two.accounts.setEnabled(name, true, actor)
  assert.deepEqual(await one.accounts.lapsed([second]), [second])
  const third = await grant()
  assert.deepEqual(await one.accounts.lapsed([third]), [])
  await one.accounts.remove(name, actor)
  assert.deepEqual(await one.accounts.lapsed([third]), [third])
  assert.deepEqual(await one.accounts.lapsed([]), [])
})
