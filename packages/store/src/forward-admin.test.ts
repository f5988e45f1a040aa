import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, it, test } from 'node:test'
import { purgeForwarding } from './forward-queue.ts'
import type { AccountId } from './ids.ts'
import type { AttemptOutcome } from './queue.ts'
import type { RemoteTarget } from './resolution.ts'
import { unnamed } from './statement.ts'
import { actor, openStoreHouse, outboundDelivery, type StoreHouse } from './testing/store-house.ts'

let house: StoreHouse

before(async () => {
  house = await openStoreHouse()
})
after(() => house.close())

async function account(name: string): Promise<AccountId> {
  return (await house.account(`${name}@example.test`)).id
}

async function forward(name: string, targets: readonly string[], keepsCopy = false): Promise<void> {
  const set = await house.store.forwards.set(`${name}@example.test`, { targets, keepsCopy }, actor)
  assert.deepEqual(set, { ok: true })
}

/** Where an address leads, in one line; accounts that are passed by in brackets. */
async function resolve(address: string): Promise<string> {
  const found = await house.store.resolve(address)
  if (found.kind !== 'local' && found.kind !== 'alias' && found.kind !== 'returned') {
    return found.kind
  }
  const reached = found.kind === 'local' ? found.forward : found
  const all = [...(found.kind === 'local' ? [found.account] : []), ...(reached?.accounts ?? [])]
  const accounts = all.map((one) => (one.isBypassed === true ? `(${one.address})` : one.address))
  const remote = (reached?.remote ?? []).map((one) => one.address)
  return `${found.kind} ${[...accounts.toSorted(), ...remote.toSorted()].join(' ')}`
}

describe('an account’s forward', () => {
  it('leads past the account, or to it as well', async () => {
    await account('past')
    await account('both')
    await forward('past', ['x@remote.test'])
    await forward('both', ['x@remote.test'], true)
    assert.equal(await resolve('past@example.test'), 'local (past@example.test) x@remote.test')
    assert.equal(await resolve('both+tag@example.test'), 'local both@example.test x@remote.test')
  })

  it('leads on through other accounts and aliases, and is followed from an alias', async () => {
    for (const name of ['first', 'second', 'third']) await account(name)
    await house.store.aliases.create(
      'some@example.test',
      ['third@example.test', 'y@remote.test'],
      actor,
    )
    await forward('first', ['second@example.test', 'some@example.test'])
    assert.equal(
      await resolve('first@example.test'),
      'local (first@example.test) second@example.test third@example.test y@remote.test',
    )
    await house.store.aliases.create('to-first@example.test', ['first@example.test'], actor)
    assert.equal(
      await resolve('to-first@example.test'),
      'alias (first@example.test) second@example.test third@example.test y@remote.test',
    )
  })

  it('that leads nowhere, or in a ring, leaves the mail where it is', async () => {
    for (const name of ['gone', 'ring-a', 'ring-b']) await account(name)
    await forward('gone', ['nobody@example.test'])
    await forward('ring-a', ['ring-b@example.test'])
    await forward('ring-b', ['ring-a@example.test'])
    assert.equal(await resolve('gone@example.test'), 'local gone@example.test')
    assert.equal(
      await resolve('ring-a@example.test'),
      'local ring-a@example.test ring-b@example.test',
    )
  })

  it('that leads nowhere leaves it there though others beside the account get it, too', async () => {
    for (const name of ['stuck', 'stuck-a', 'stuck-b', 'passes', 'beside']) await account(name)
    await forward('stuck', ['nobody@example.test'])
    await forward('stuck-a', ['stuck-b+tag@example.test'])
    await forward('stuck-b', ['stuck-a@example.test'])
    await forward('passes', ['x@remote.test'])
    const targets = ['stuck', 'stuck-a', 'passes', 'beside'].map((name) => `${name}@example.test`)
    await house.store.aliases.create('everybody@example.test', targets, actor)
    assert.equal(
      await resolve('everybody@example.test'),
      'alias (passes@example.test) beside@example.test stuck-a@example.test stuck-b@example.test stuck@example.test x@remote.test',
    )
  })

  it('is not followed from an account that is disabled', async () => {
    await account('off')
    await forward('off', ['x@remote.test'])
    await house.store.accounts.setEnabled('off@example.test', false, actor)
    assert.equal(await resolve('off@example.test'), 'disabled')
  })

  it('leaves postmaster’s mail with the account that stands in for it', async () => {
    await house.account('first@other.test')
    await house.store.forwards.set(
      'first@other.test',
      { targets: ['x@remote.test'], keepsCopy: false },
      actor,
    )
    assert.equal(await resolve('postmaster@other.test'), 'local first@other.test')
  })

  it('is shown, replaced and cleared, and goes with its account', async () => {
    await account('shown')
    const { forwards, accounts, audit } = house.store
    await forward('shown', ['B@Remote.Test', 'b@remote.test', 'a@remote.test'])
    const shown = await forwards.show('SHOWN@example.test')
    assert.deepEqual(
      [shown?.address, shown?.kind, shown?.keepsCopy, shown?.targets.map((one) => one.address)],
      ['shown@example.test', 'account', false, ['a@remote.test', 'B@remote.test']],
    )
    await forward('shown', ['c@remote.test'], true)
    const [only] = (await forwards.show('shown@example.test'))?.targets ?? []
    assert.equal(only?.address, 'c@remote.test')
    assert.equal(only.health?.state, 'well')
    assert.equal(await forwards.clear('shown@example.test', actor), 'done')
    assert.equal(await forwards.clear('shown@example.test', actor), 'not-found')
    assert.equal(await forwards.show('shown@example.test'), undefined)
    await forward('shown', ['c@remote.test'])
    await accounts.remove('shown@example.test', actor)
    assert.equal(await forwards.show('shown@example.test'), undefined)
    const actions = (await audit.list({ object: 'shown@example.test' })).map((one) => one.action)
    assert.ok(actions.includes('forward.set') && actions.includes('forward.cleared'))
  })

  it('is refused to itself, to nobody, to no address, and to more than ten', async () => {
    await account('strict')
    const set = async (...targets: string[]) => {
      const wanted = { targets, keepsCopy: false }
      const done = await house.store.forwards.set('strict@example.test', wanted, actor)
      return done.ok ? 'set' : done.reason
    }
    assert.equal(await set(), 'no-targets')
    assert.equal(await set('x'), 'malformed-target')
    assert.equal(await set('x@remote.test', 'Strict+tag@Example.test'), 'self')
    assert.equal(
      await set(...Array.from({ length: 11 }, (_, i) => `x${i}@remote.test`)),
      'too-many',
    )
    assert.equal(await set(...Array.from({ length: 10 }, (_, i) => `x${i}@remote.test`)), 'set')
    const missing = await house.store.forwards.set(
      'nobody@example.test',
      { targets: ['x@remote.test'], keepsCopy: false },
      actor,
    )
    assert.deepEqual(missing, { ok: false, reason: 'not-found' })
  })
})

const rewrite = (sender: string) => house.store.forwards.rewriteSender(sender, 'example.test')

describe('a rewritten sender', () => {
  it('leads back to who it was, in any case and in another process', async () => {
    await house.account('any@example.test')
    const text = await rewrite('ada@remote.test')
    assert.match(text, /^SRS0=.{4}=..=remote\.test=ada@example\.test$/)
    const other = await house.another()
    for (const form of [text, text.toLowerCase()]) {
      assert.equal(await resolve(form), 'returned ada@remote.test')
      const found = await other.resolve(form)
      assert.ok(found.kind === 'returned' && found.address === 'ada@remote.test')
    }
  })

  it('that is null stays null', async () => {
    assert.equal(await rewrite(''), '')
  })

  it('fits a local part, however long the sender, and whatever it is written like', async () => {
    for (const sender of [
      `${'0'.repeat(60)}@${'eu-west-1.'.repeat(10)}amazonses.example`,
      '"strange one"@remote.test',
      'ada@[192.0.2.1]',
      `${'ß'.repeat(20)}@remote.test`,
      await rewrite(`${'x'.repeat(30)}@first.example`),
    ]) {
      const text = await rewrite(sender)
      const at = text.lastIndexOf('@')
      assert.ok(Buffer.byteLength(text.slice(0, at)) <= 64, text)
      assert.equal(text.slice(at), '@example.test')
      const found = await house.store.resolve(text)
      assert.ok(found.kind !== 'unknown', text)
      if (found.kind === 'returned') assert.equal(found.address, sender)
      // One of ours inside another: reports about it are nobody's.
      else assert.equal(found.kind, 'loop')
      assert.equal(await rewrite(sender), text)
    }
  })

  it('that is forged, or of another domain’s making, is nobody', async () => {
    const text = await rewrite('ada@remote.test')
    assert.equal(await resolve(text.replace('=ada@', '=eve@')), 'unknown')
    assert.equal(await resolve('SRS0=AAAA=BB=remote.test=ada@example.test'), 'unknown')
    assert.equal(await resolve('SRS0=AAAA=BB=kept.invalid=abc@example.test'), 'unknown')
    assert.equal(await resolve(text.replace('@example.test', '@foreign.test')), 'foreign')
  })

  it('of three weeks ago is nobody any more, and known to have been one', async () => {
    const { writeSrs } = await import('./forward-srs.ts')
    const [first] = await house.database.query(
      unnamed<{ readonly key: Buffer }>('SELECT key FROM srs_key ORDER BY made_at DESC LIMIT 1'),
    )
    assert.ok(first)
    const keys = { newest: first.key, all: [first.key] }
    const long = new Date(Date.now() - 22 * 86_400_000)
    const text = writeSrs(keys, { local: 'ada', domain: 'remote.test' }, long)
    const found = await house.store.resolve(`${text}@example.test`)
    assert.deepEqual(found, { kind: 'unknown', wasOurs: true })
  })

  it('of an account here goes to it, though it forwards', async () => {
    await account('writer')
    await forward('writer', ['x@remote.test'])
    const text = await rewrite('writer@example.test')
    assert.equal(await resolve(text), 'returned writer@example.test')
  })

  it('is signed by a new key every 30 days, and known by the old one', async () => {
    const [old, age, count] = [
      await rewrite('key@remote.test'),
      unnamed(`UPDATE srs_key SET made_at = made_at - interval '31 days'`),
      unnamed<{ readonly n: number }>('SELECT count(*)::int AS n FROM srs_key'),
    ]
    await house.database.execute(age)
    const other = await house.another()
    const renewed = await other.forwards.rewriteSender('key@remote.test', 'example.test')
    assert.notEqual(renewed, old)
    for (const text of [old, renewed]) {
      // Another process knows a key that it has not seen yet, without being told.
      assert.equal(await resolve(text), 'returned key@remote.test')
    }
    await house.database.execute(age)
    await (await house.another()).forwards.rewriteSender('key@remote.test', 'example.test')
    assert.deepEqual(await house.database.query(count), [{ n: 2 }])
  })
})

const token = () => randomBytes(4).toString('hex')

/** An alias that leads to one address elsewhere, and that target as the address book gives it. */
async function aliasTo(name: string, target: string): Promise<() => Promise<RemoteTarget>> {
  await house.store.aliases.create(`${name}@example.test`, [target], actor)
  return async () => {
    const found = await house.store.resolve(`${name}@example.test`)
    assert.ok(found.kind === 'alias' && found.remote[0] !== undefined)
    return found.remote[0]
  }
}

async function queue(target: RemoteTarget): Promise<string> {
  const { address, path } = target
  const delivery = outboundDelivery('', [{ address, path }], token(), { origin: 'forwarded' })
  await house.store.deliver(delivery)
  return delivery.queueId
}

async function attempt(
  kind: AttemptOutcome['kind'],
  code: number,
  enhanced: string,
): Promise<void> {
  const { token: lease, messages } = await house.store.queue.claim({
    worker: 'w',
    destinations: 10,
    perDestination: 100,
    leaseSeconds: 60,
  })
  const reply = { host: 'mx.remote.test', code, enhanced, text: 'as it is' }
  const outcomes = messages.flatMap(({ queueId, recipients }) =>
    recipients.map(({ n }) => ({ queueId, n, kind, reply, retryInSeconds: 3600 })),
  )
  await house.store.queue.record(lease, outcomes)
}

async function refuse(target: () => Promise<RemoteTarget>, times: number, enhanced = '5.2.1') {
  for (let i = 0; i < times; i++) {
    await queue(await target())
    await attempt('bounced', 550, enhanced)
  }
}

const back = (hours: number, path: string) =>
  house.database.execute(
    unnamed(`UPDATE queue_recipient r SET last_at = last_at - make_interval(hours => ${hours})
      FROM forwarding f WHERE f.queue_id = r.queue_id AND f.n = r.n AND f.path = $1`),
    [path],
  )

describe('a target that refuses', () => {
  it('ten times in a row is paused, tried with one message after an hour, and well when that is taken', async () => {
    const target = await aliasTo('ten', 'ten@remote.test')
    const { path } = await target()
    await refuse(target, 9)
    assert.equal((await target()).isPaused, false)
    await refuse(target, 1)
    assert.equal((await target()).isPaused, true)
    assert.deepEqual(await house.store.forwards.paused(), [
      { address: 'ten@example.test', target: 'ten@remote.test' },
    ])
    const shown = (await house.store.forwards.show('ten@example.test'))?.targets[0]?.health
    assert.deepEqual(
      [shown?.state, shown?.sent, shown?.bounced, shown?.lastAnswer],
      ['paused', 0, 10, '550 5.2.1 as it is'],
    )
    await back(2, path)
    assert.equal((await target()).isPaused, false)
    assert.deepEqual(await house.store.forwards.paused(), [
      { address: 'ten@example.test', target: 'ten@remote.test' },
    ])
    // While one tries it, the next ones do not.
    await queue(await target())
    assert.equal((await target()).isPaused, true)
    await attempt('delivered', 250, '2.0.0')
    assert.equal((await target()).isPaused, false)
    assert.deepEqual(await house.store.forwards.paused(), [])
  })

  it('stays paused for another hour where the one message is refused too', async () => {
    const target = await aliasTo('again', 'again@remote.test')
    await refuse(target, 10)
    await back(2, (await target()).path)
    await refuse(target, 1)
    assert.equal((await target()).isPaused, true)
    // Temporarily, too.
    await back(2, (await target()).path)
    await queue(await target())
    await attempt('deferred', 450, '4.2.0')
    assert.equal((await target()).isPaused, true)
    await back(2, (await target()).path)
    assert.equal((await target()).isPaused, false)
  })

  it('three times for what we are is paused at once', async () => {
    const target = await aliasTo('policy', 'policy@remote.test')
    await refuse(target, 2, '5.7.1')
    assert.equal((await target()).isPaused, false)
    await refuse(target, 1, '5.7.26')
    assert.equal((await target()).isPaused, true)
  })

  it('is not paused where any other message is taken', async () => {
    const target = await aliasTo('mixed', 'mixed@remote.test')
    for (let i = 0; i < 6; i++) {
      await refuse(target, 2, '5.7.1')
      await queue(await target())
      await attempt('delivered', 250, '2.0.0')
    }
    assert.equal((await target()).isPaused, false)
  })

  it('for one alias is open to another', async () => {
    const one = await aliasTo('one-way', 'shared@remote.test')
    const other = await aliasTo('other-way', 'SHARED@remote.test')
    await refuse(one, 10)
    assert.deepEqual([(await one()).isPaused, (await other()).isPaused], [true, false])
  })

  it('is open again at a word, and counts from there', async () => {
    const target = await aliasTo('word', 'word@remote.test')
    await refuse(target, 10)
    assert.equal((await target()).isPaused, true)
    const { forwards } = house.store
    assert.deepEqual(await forwards.resume('word@example.test', 'x@remote.test', actor), [])
    assert.deepEqual(await forwards.resume('word@example.test', undefined, actor), [
      'word@remote.test',
    ])
    assert.equal((await target()).isPaused, false)
    await refuse(target, 9)
    assert.equal((await target()).isPaused, false)
    await refuse(target, 1)
    assert.equal((await target()).isPaused, true)
  })
})

test('what is over is forgotten, and nothing else', async () => {
  const count = async (table: string): Promise<number> => {
    const text = `SELECT count(*)::int AS n FROM ${table}`
    const [row] = await house.database.query(unnamed<{ readonly n: number }>(text))
    return row?.n ?? 0
  }
  const tables = ['forwarding', 'srs_kept', 'forward_resume', 'autoreply_sent']
  const counts = () => Promise.all(tables.map(count))
  await account('over')
  await house.store.autoreplies.set('over@example.test', { body: 'x' }, actor)
  const had = await counts()
  for (const text of [
    `INSERT INTO forwarding VALUES ('a>b', '01900000-0000-7000-8000-000000000000', 1)`,
    `INSERT INTO srs_kept VALUES ('old', 'x@remote.test', current_date - 41), ('new', 'y@remote.test', current_date - 30)`,
    `INSERT INTO forward_resume VALUES ('old>x', now() - interval '41 days'), ('new>x', now() - interval '30 days')`,
    `INSERT INTO autoreply_sent SELECT account_id, s, now() - d FROM autoreply, (VALUES
      ('old', interval '9 days'), ('new', interval '6 days')) v (s, d)`,
  ]) {
    await house.database.execute(unnamed(text))
  }
  await purgeForwarding(house.database)
  const grown = had.map((n, i) => n + (i === 0 ? 0 : 1))
  assert.deepEqual(await counts(), grown)
})
