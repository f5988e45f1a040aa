import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Database, type DatabaseOptions } from './database.ts'
import { statement, tupleStatement, unnamed, type Transaction } from './statement.ts'
import { openStoreHouse, type StoreHouse } from './testing/store-house.ts'
import { StoreUnavailable, sqlState } from './unavailable.ts'

let house: StoreHouse
let database: Database

before(async () => {
  house = await openStoreHouse({ limits: { statementMs: 20_000 } })
  ;({ database } = house)
  await database.execute(
    unnamed('CREATE TABLE note (id int PRIMARY KEY, text text, at timestamptz)'),
  )
})
after(async () => {
  await Promise.all(others.map((other) => other.close()))
  await house.close()
})

const others: Database[] = []

/** Another process's database; closed at the end, even where its test fails. */
function another(
  options: Omit<DatabaseOptions, 'url' | 'app'> & { readonly app?: string } = {},
): Database {
  const other = new Database({ url: house.url, app: 'test', ...options })
  others.push(other)
  return other
}

const insert = statement('test_insert', 'INSERT INTO note (id, text) VALUES ($1, $2)')
const select = tupleStatement<readonly [string]>(
  'test_select',
  'SELECT text FROM note WHERE id = $1',
)
const pid = tupleStatement<readonly [number]>('test_pid', 'SELECT pg_backend_pid()')
const kill = tupleStatement<readonly [boolean]>('test_kill', 'SELECT pg_terminate_backend($1)')
const text = async (id: number) => (await database.query(select, [id]))[0]?.[0]

function isUnavailable(reason: string, outcome: 'none' | 'unknown') {
  return (error: unknown): boolean => {
    assert.ok(error instanceof StoreUnavailable, String(error))
    assert.deepEqual([error.reason, error.outcome], [reason, outcome], error.message)
    return true
  }
}

test('bigint comes as number, timestamptz as Date, bytea as Buffer, whatever the database is set to', async () => {
  const name = statement<{ readonly name: string }>(
    'test_name',
    'SELECT current_database() AS name',
  )
  const [{ name: own } = { name: '' }] = await database.query(name)
  await database.execute(unnamed(`ALTER DATABASE ${own} SET datestyle = 'SQL, DMY'`))
  await database.execute(unnamed(`ALTER DATABASE ${own} SET bytea_output = 'escape'`))
  await database.execute(unnamed(`ALTER DATABASE ${own} SET timezone = 'Asia/Kolkata'`))
  const other = another()
  const values = unnamed<readonly unknown[]>(
    String.raw`SELECT 9007199254740991::bigint, '2026-03-04 05:06:07.008+00'::timestamptz, '\x00ff5c'::bytea, ARRAY[1, NULL, 3]::bigint[], '{}'::bigint[]`,
    'array',
  )
  const [row] = await other.query(values)
  assert.deepEqual(row, [
    Number.MAX_SAFE_INTEGER,
    new Date('2026-03-04T05:06:07.008Z'),
    Buffer.from([0, 255, 92]),
    [1, null, 3],
    [],
  ])
  await assert.rejects(other.query(unnamed('SELECT 9007199254740992::bigint')), RangeError)
})

test('a transaction commits what it did, and undoes all of it when its work throws', async () => {
  const seen: string[] = []
  const value = await database.transact(async (tx) => {
    tx.afterCommit(() => seen.push('committed'))
    await tx.execute(insert, [1, 'kept'])
    assert.equal(await text(1), undefined)
    return 'value'
  })
  assert.deepEqual([value, seen, await text(1)], ['value', ['committed'], 'kept'])
  await assert.rejects(
    database.transact(async (tx) => {
      tx.afterCommit(() => seen.push('never'))
      await tx.execute(insert, [2, 'undone'])
      throw new Error('on purpose')
    }),
    /on purpose/,
  )
  assert.deepEqual([seen, await text(2)], [['committed'], undefined])
})

test('a statement that was not awaited is part of it: its failure undoes everything and is reported', async () => {
  const failing = database.transact((tx) => {
    void tx.execute(insert, [3, 'three']).catch(() => {})
    void tx.execute(insert, [1, 'again']).catch(() => {})
    void tx.execute(insert, [4, 'four']).catch(() => {})
    return Promise.resolve()
  })
  await assert.rejects(failing, (error) => sqlState(error) === '23505')
  assert.deepEqual([await text(3), await text(4)], [undefined, undefined])
})

test('what comes after a statement that failed unawaited tells why: a full disk is "not now", not a mistake', async () => {
  const full = unnamed(`DO $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '53100'; END $$`)
  const failing = database.transact((tx) => {
    void tx.execute(full).catch(() => {})
    return tx.execute(insert, [6, 'six'])
  })
  await assert.rejects(failing, isUnavailable('resources', 'none'))
  assert.equal(await text(6), undefined)
})

test('an error that was caught inside still undoes everything: nothing half done is committed', async () => {
  const swallowing = database.transact(async (tx) => {
    await tx.execute(insert, [5, 'five'])
    await tx.execute(insert, [1, 'again']).catch(() => {})
  })
  await assert.rejects(swallowing, (error) => sqlState(error) === '23505')
  assert.equal(await text(5), undefined)
})

test('a statement after the end of its transaction is an error, not a statement outside of it', async () => {
  const kept: Transaction[] = []
  await database.transact((tx) => {
    kept.push(tx)
    return Promise.resolve()
  })
  await assert.rejects(
    async () => kept[0]?.execute(insert, [6, 'late']),
    /after its transaction had ended/,
  )
  assert.equal(await text(6), undefined)
})

test('a connection cut inside a transaction leaves nothing; cut in a single statement, nobody knows', async () => {
  const inside = database.transact(async (tx) => {
    const [row] = await tx.query(pid)
    await tx.execute(insert, [7, 'cut'])
    await database.query(kill, [row?.[0]])
    await tx.execute(insert, [8, 'cut'])
  })
  await assert.rejects(
    inside,
    (error) => error instanceof StoreUnavailable && error.outcome === 'none',
  )
  assert.equal(await text(7), undefined)

  const sleeping = database.query(unnamed(`SELECT pg_sleep(60), 'cut me'`))
  const victim = tupleStatement<readonly [number]>(
    'test_victim',
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%cut me%' AND pid <> pg_backend_pid()`,
  )
  const alone = assert.rejects(sleeping, isUnavailable('shutdown', 'unknown'))
  let found: readonly (readonly [number])[] = []
  while (found.length === 0) found = await database.query(victim)
  await database.query(kill, [found[0]?.[0]])
  await alone
})

test('a connection cut in COMMIT leaves the outcome unknown', async () => {
  await database.execute(
    unnamed(
      `CREATE FUNCTION slow_commit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END'`,
    ),
  )
  await database.execute(
    unnamed(
      `CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON note DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.text = 'slow') EXECUTE FUNCTION slow_commit()`,
    ),
  )
  let backend = 0
  const slow = database.transact(async (tx) => {
    await tx.execute(insert, [9, 'slow'])
    const [row] = await tx.query(pid)
    backend = row?.[0] ?? 0
  })
  const unknown = assert.rejects(slow, isUnavailable('shutdown', 'unknown'))
  const state = tupleStatement<readonly [string]>(
    'test_state',
    'SELECT query FROM pg_stat_activity WHERE pid = $1',
  )
  while ((await database.query(state, [backend]))[0]?.[0] !== 'COMMIT') await sleep(5)
  await database.query(kill, [backend])
  await unknown
})

test('a constraint that fails in COMMIT is known to have changed nothing', async () => {
  await database.execute(
    unnamed('CREATE TABLE pair (a int, CONSTRAINT once UNIQUE (a) DEFERRABLE INITIALLY DEFERRED)'),
  )
  const both = database.transact(async (tx) => {
    await tx.execute(unnamed('INSERT INTO pair VALUES (1), (1)'))
  })
  await assert.rejects(both, (error) => sqlState(error) === '23505')
  const [row] = await database.query(
    unnamed<{ readonly n: number }>('SELECT count(*) AS n FROM pair'),
  )
  assert.equal(row?.n, 0)
})

test('a statement over its limit is a timeout, and the connection lives on', async () => {
  const hasty = database.transact(
    async (tx) => {
      await tx.query(unnamed('SELECT pg_sleep(60)'))
    },
    { statementMs: 50 },
  )
  await assert.rejects(hasty, isUnavailable('timeout', 'none'))
  assert.equal(await text(1), 'kept')
})

test('deadlocks are run again when the work allows it, and end in StoreUnavailable when it does not', async () => {
  await database.execute(unnamed(`INSERT INTO note (id, text) VALUES (20, 'a'), (21, 'a')`))
  const update = statement('test_update', 'UPDATE note SET text = text || $2 WHERE id = $1')
  const collide = (retry: boolean) => {
    const met = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    return Promise.allSettled(
      [0, 1].map((mine) =>
        database.transact(
          async (tx) => {
            await tx.execute(update, [20 + mine, 'x'])
            met[mine]?.resolve()
            await met[1 - mine]?.promise
            await tx.execute(update, [21 - mine, 'x'])
          },
          { retry },
        ),
      ),
    )
  }
  const results = await collide(false)
  const failed = results.filter((result) => result.status === 'rejected')
  assert.equal(failed.length, 1)
  assert.ok(failed[0]?.reason instanceof StoreUnavailable && failed[0].reason.reason === 'conflict')
  assert.ok((await collide(true)).every(({ status }) => status === 'fulfilled'))
  assert.equal(await text(20), 'axxx')
  assert.equal(await text(21), 'axxx')
})

test('more work than connections waits its turn', async () => {
  const small = another({ limits: { connections: 2 } })
  const all = Array.from({ length: 50 }, (_, i) =>
    small.transact(async (tx) => {
      await tx.query(pid)
      return i
    }),
  )
  assert.equal((await Promise.all(all)).length, 50)
})

test('a wait for a connection ends in time, as an overload', async () => {
  const small = another({ limits: { connections: 1, connectMs: 200 } })
  // Connected before, however long that takes here: only the wait for it is to be short.
  while ((await small.query(pid).catch(() => [])).length === 0);
  const release = Promise.withResolvers<void>()
  const holding = small.transact(() => release.promise)
  await assert.rejects(small.query(pid), isUnavailable('busy', 'none'))
  release.resolve()
  await holding
  assert.equal((await small.query(pid)).length, 1)
})

test('reads in bulk wait longer: a crowd that reads is served, one after another', async () => {
  const small = another({ limits: { bulkConnections: 1, connectMs: 1000 } })
  while (
    (await small.bulk((client) => client.query('SELECT 1')).catch(() => undefined)) === undefined
  );
  const rounds = Array.from({ length: 8 }, () =>
    small.bulk((client) => client.query('SELECT pg_sleep(0.3)')),
  )
  assert.equal((await Promise.all(rounds)).length, 8)
})

test('shared reads travel together on one connection and survive its loss', async () => {
  const pids = await Promise.all(Array.from({ length: 100 }, () => database.read(pid)))
  const first = pids[0]?.[0]?.[0]
  assert.ok(pids.every((rows) => rows[0]?.[0] === first))
  await database.query(kill, [first])
  let rows: readonly (readonly [number])[] = []
  while (rows.length === 0) rows = await database.read(pid).catch(() => [])
  assert.notEqual(rows[0]?.[0], first)
})

test('a broken read hurts no other read on the connection', async () => {
  const reads = await Promise.allSettled([
    database.read(pid),
    database.read(unnamed('SELECT 1 / 0')),
    database.read(tupleStatement('test_broken', 'SELECT nothing FROM nowhere')),
    database.read(pid),
  ])
  assert.deepEqual(
    reads.map(({ status }) => status),
    ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
  )
})

test('values are bound, never spliced, and text that Postgres cannot hold is an error of that statement', async () => {
  await database.execute(insert, [30, `'); DROP TABLE note; --`])
  assert.equal(await text(30), `'); DROP TABLE note; --`)
  await assert.rejects(
    database.execute(insert, [31, 'nul \0']),
    (error) => sqlState(error) === '22021',
  )
  await database.execute(insert, [32, 'x'.repeat(3_000_000)])
  assert.equal((await text(32))?.length, 3_000_000)
})

test('lists of numbers arrive as they are: large, negative, with fractions, empty', async () => {
  const lists = tupleStatement<readonly [readonly number[], readonly number[], readonly number[]]>(
    'test_numbers',
    'SELECT $1::bigint[], $2::float8[], $3::int[]',
  )
  const whole = [2 ** 53 - 1, -7, 0]
  const broken = [1.5, -1e-7, 1e21, Number.POSITIVE_INFINITY]
  assert.deepEqual(await database.query(lists, [whole, broken, []]), [[whole, broken, []]])
})

test('wake-ups reach every listener of every process after the commit, ours marked as ours', async () => {
  const other = another({ app: 'other' })
  const heard = new Set<string>()
  const all = Promise.withResolvers<void>()
  const hear = (who: string) => (payload: string, isOurs: boolean) => {
    heard.add(`${who} ${payload} ${isOurs}`)
    if (heard.size === 2) all.resolve()
  }
  database.notifier.listen('test_wake', { onWake: hear('here'), onGap() {} })
  other.notifier.listen('test_wake', { onWake: hear('there'), onGap() {} })
  await Promise.all([database.notifier.ready(), other.notifier.ready()])
  await assert.rejects(
    database.transact((tx) => {
      tx.notify('test_wake', 'undone')
      return Promise.reject(new Error('no'))
    }),
  )
  await database.transact((tx) => {
    tx.notify('test_wake', 'id')
    tx.notify('test_wake', 'id')
    return Promise.resolve()
  })
  await all.promise
  assert.deepEqual([...heard].toSorted(), ['here id true', 'there id false'])
})

test('a listener outlives its connection and is told that it may have missed something', async () => {
  const other = another({ app: 'listener' })
  const gaps = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
  let seen = 0
  const woken = Promise.withResolvers<string>()
  other.notifier.listen('test_gap', { onWake: woken.resolve, onGap: () => gaps[seen++]?.resolve() })
  await gaps[0].promise
  const cut = unnamed(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'posthouse listener'`,
  )
  await database.query(cut)
  await gaps[1].promise
  database.notifier.notify('test_gap', 'back')
  assert.equal(await woken.promise, 'back')
})

test('closing sends the wake-ups that wait', async () => {
  const heard = Promise.withResolvers<string>()
  database.notifier.listen('test_last', { onWake: heard.resolve, onGap() {} })
  await database.notifier.ready()
  const brief = another({ app: 'brief' })
  await brief.transact((tx) => {
    tx.notify('test_last', 'words')
    return Promise.resolve()
  })
  await brief.close()
  assert.equal(await heard.promise, 'words')
})
