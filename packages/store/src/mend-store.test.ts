import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Account } from './accounts.ts'
import { uid, type MailboxId } from './ids.ts'
import { checkpointUnopened } from './keeper.ts'
import type { OpenMailbox } from './open-mailbox.ts'
import { unnamed } from './statement.ts'
import { deliveryTo, messageNamed } from './testing/mailbox-house.ts'
import { openStoreHouse, outboundDelivery, type StoreHouse } from './testing/store-house.ts'

let house: StoreHouse
let ada: Account
let inbox: MailboxId
before(async () => {
  house = await openStoreHouse()
  ada = await house.account('ada@example.test')
  inbox = (await house.store.mailboxes(ada.id).find('INBOX'))?.id ?? assert.fail('no INBOX')
  await fill()
})
after(() => house.close())

/** Five messages more: some in the checkpoint's pages, some behind them; flags in pages and in the log. */
async function fill(): Promise<void> {
  for (const n of [1, 2, 3]) await house.store.deliver(deliveryTo(ada.id, messageNamed(`m${n}`)))
  await using(async (open) => {
    await open.setFlags([uid(1), uid(2)], { op: 'add', flags: ['\\Seen', 'work'] })
    await open.expunge([uid(3)])
    await checkpointUnopened(house.database, ada.id, inbox)
    await house.store.deliver(deliveryTo(ada.id, messageNamed('m4')))
    await open.setFlags([uid(2)], { op: 'add', flags: ['\\Flagged'] })
    await open.setFlags([uid(1)], { op: 'add', flags: ['\\Answered'] })
  })
}

/** With a session of a store of its own, as another process has. */
async function using<T>(work: (open: OpenMailbox) => Promise<T>): Promise<T> {
  const store = await house.another()
  const open = await store.open(ada.id, inbox, { readOnly: false })
  assert.ok(open)
  try {
    return await work(open)
  } finally {
    open.close()
    await store.close()
  }
}

function flags(): Promise<readonly string[]> {
  return using(async (open) =>
    Array.from({ length: open.state.size }, (_, i) => {
      return `${open.state.uidAt(i)} ${open.flagNames(open.state.flagsAt(i)).join(' ')}`
    }),
  )
}

async function damage(sql: string): Promise<void> {
  for (const one of sql.split(';')) await house.database.execute(unnamed(one))
}

interface Damage {
  readonly what: string
  readonly sql: string
  readonly invariant: string
  readonly text: RegExp
}

const here = `account_id = (SELECT account_id FROM address WHERE local_key = 'ada')
  AND mailbox_id = (SELECT min(mailbox_id) FROM mailbox)`

/** What mends without any loss. */
const harmless: readonly Damage[] = [
  {
    what: 'counters that are wrong',
    sql: `UPDATE mailbox_head SET total = total + 3, unseen = 7, bytes = 1, deleted = 1 WHERE ${here}`,
    invariant: 'I1',
    text: /in the head/,
  },
  {
    what: 'a page that is another’s',
    sql: `UPDATE mailbox_page SET first_uid = first_uid + 2 WHERE ${here}`,
    invariant: 'I4',
    text: /page/,
  },
  {
    what: 'a page that is missing',
    sql: `DELETE FROM mailbox_page WHERE ${here}`,
    invariant: 'I5',
    text: /do not add up/,
  },
  {
    what: 'a base whose sum is wrong',
    sql: `UPDATE mailbox_base SET sum = sum + 1 WHERE ${here}`,
    invariant: 'I5',
    text: /do not add up/,
  },
  {
    what: 'a UIDNEXT and a modseq that fell',
    sql: `UPDATE mailbox_head SET uid_next = 2, modseq = 1 WHERE ${here}`,
    invariant: 'I4',
    text: /UIDNEXT/,
  },
  {
    what: 'a change_seq that fell',
    sql: `UPDATE mailbox_head SET change_seq = 1 WHERE ${here}`,
    invariant: 'I3',
    text: /log row/,
  },
  {
    what: 'a base that is above its head',
    sql: `UPDATE mailbox_base SET modseq = modseq + 100000000 WHERE ${here}`,
    invariant: 'I3',
    text: /not in order/,
  },
  {
    what: 'a head that is not as live as its mailbox',
    sql: `UPDATE mailbox_head SET live = false WHERE ${here}`,
    invariant: 'I4',
    text: /do not match/,
  },
  {
    what: 'a head that is missing',
    sql: `DELETE FROM mailbox_head WHERE ${here}`,
    invariant: 'I4',
    text: /do not match/,
  },
  {
    what: 'chunks of no content',
    sql: String.raw`INSERT INTO content_chunk VALUES (sha256('x'), 1, 0, '\x00')`,
    invariant: 'I6',
    text: /chunk of missing content/,
  },
]

for (const { what, sql, invariant, text } of harmless) {
  test(`${what}: seen, mended, and as before`, async () => {
    const known = await flags()
    // The one before may have cost the pages.
    await checkpointUnopened(house.database, ada.id, inbox)
    await damage(sql)
    const findings = await house.store.check()
    assert.ok(
      findings.some((one) => one.invariant === invariant && text.test(one.text)),
      JSON.stringify(findings),
    )
    const mendings = await house.store.mend()
    assert.ok(mendings.length > 0)
    assert.ok(
      mendings.every(({ because }) => because === undefined),
      JSON.stringify(mendings),
    )
    assert.deepEqual(await house.store.check(), [])
    assert.deepEqual(await flags(), known)
  })
}

const dropRow = `DELETE FROM mailbox_log WHERE ${here} AND change_seq =
  (SELECT change_seq - 1 FROM mailbox_head WHERE ${here})`

test('a log row that is lost behind the checkpoint costs nothing: the pages know', async () => {
  const known = await flags()
  await checkpointUnopened(house.database, ada.id, inbox)
  await damage(dropRow)
  assert.ok((await house.store.check()).some(({ invariant }) => invariant === 'I3'))
  assert.ok((await house.store.mend()).every(({ because }) => because === undefined))
  assert.deepEqual(await house.store.check(), [])
  assert.deepEqual(await flags(), known)
})

test('a log row that is lost before a checkpoint costs what it said: the mailbox opens again', async () => {
  await using(async (open) => {
    await open.setFlags([uid(2)], { op: 'add', flags: ['\\Draft'] })
    await open.setFlags([uid(4)], { op: 'add', flags: ['\\Answered'] })
  })
  await damage(dropRow)
  assert.ok((await house.store.check()).some(({ invariant }) => invariant === 'I3'))
  await assert.rejects(flags())
  assert.ok((await house.store.mend()).every(({ because }) => because === undefined))
  assert.deepEqual(await house.store.check(), [])
  const left = ['1 \\Seen \\Answered work', '2 \\Seen \\Flagged work', '4 \\Answered']
  assert.deepEqual(await flags(), left)
  // It goes on.
  await using((open) => open.setFlags([uid(4)], { op: 'add', flags: ['\\Seen'] }))
  assert.equal((await flags())[2], '4 \\Seen \\Answered')
})

test('a head whose mailbox is lost gets one, with a name that says so', async () => {
  const made = await house.store.mailboxes(ada.id).create('Lost')
  assert.ok(made.ok)
  await damage(`DELETE FROM mailbox WHERE name = 'Lost'`)
  assert.match((await house.store.check())[0]?.text ?? '', /head without a mailbox/)
  assert.ok((await house.store.mend()).every(({ because }) => because === undefined))
  assert.deepEqual(await house.store.check(), [])
  const names = (await house.store.mailboxes(ada.id).list()).map(({ name }) => name)
  assert.ok(names.includes(`Recovered ${made.mailbox.id}`))
})

test('an entry whose message is lost is expunged, and clients are told', async () => {
  await damage(`DELETE FROM message WHERE message_id =
    (SELECT message_id FROM entry WHERE ${here} AND uid = 4)`)
  const since = await using((open) => Promise.resolve(open.state.highestModSeq))
  assert.match((await house.store.check())[0]?.text ?? '', /entry 4 has no message/)
  assert.ok((await house.store.mend()).every(({ because }) => because === undefined))
  assert.deepEqual(await house.store.check(), [])
  assert.deepEqual(await using((open) => open.vanishedSince(since)), [4])
})

test('rules of the queue: orphans go, leases and ends are put right', async () => {
  const delivery = outboundDelivery('ada@example.test', ['x@far.example'])
  await house.store.deliver(delivery)
  const damages: readonly (readonly [rule: string, sql: string])[] = [
    ['Q3', 'UPDATE queue_message SET finished_at = now()'],
    [
      'Q5',
      `UPDATE queue_recipient SET lease = gen_random_uuid(), state = 'dropped'; UPDATE queue_message SET finished_at = now()`,
    ],
    [
      'Q1',
      `INSERT INTO queue_recipient (queue_id, n, destination, address) VALUES (gen_random_uuid(), 1, 'far.example', 'a@far.example')`,
    ],
    ['Q2', 'DELETE FROM queue_recipient'],
  ]
  for (const [rule, sql] of damages) {
    await damage(sql)
    assert.deepEqual(
      new Set((await house.store.check()).map(({ invariant }) => invariant)),
      new Set([rule]),
    )
    assert.ok((await house.store.mend()).every(({ because }) => because === undefined))
    assert.deepEqual(await house.store.check(), [], rule)
  }
})

test('octets that are not what was delivered are found, and left', async () => {
  const { store } = house
  await store.deliver(deliveryTo(ada.id, messageNamed('large', 700_000)))
  assert.deepEqual(await store.checkContents(), [])
  const damages: readonly (readonly [sql: string, text: RegExp])[] = [
    [String.raw`UPDATE content SET octets = '\x00', encoding = 1 WHERE size > 262144`, /read|long/],
    [String.raw`UPDATE content SET octets = '\x00', encoding = 0 WHERE size > 262144`, /long/],
    [
      `UPDATE content SET octets = decode(repeat('00', 262144), 'hex') WHERE size > 262144`,
      /delivered/,
    ],
  ]
  const kept = 'SELECT hash, octets, encoding FROM content WHERE size > 262144'
  await damage(`CREATE TABLE kept AS ${kept}`)
  for (const [sql, text] of damages) {
    await damage(sql)
    const findings = await store.checkContents()
    assert.equal(findings.length, 1)
    assert.equal(findings[0]?.invariant, 'I12')
    assert.match(findings[0].text, text)
  }
  await damage(`UPDATE content SET octets = kept.octets, encoding = kept.encoding FROM kept
    WHERE kept.hash = content.hash; DROP TABLE kept`)
  assert.deepEqual(await store.checkContents(), [])
})

test('an account without an INBOX gets one', async () => {
  const bob = await house.account('bob@example.test')
  await damage(`UPDATE mailbox SET state = 'deleting', deleted_at = now()
    WHERE name = 'INBOX' AND account_id = '${bob.id}'`)
  assert.ok((await house.store.check()).some(({ invariant }) => invariant === 'A2'))
  assert.ok((await house.store.mend()).every(({ because }) => because === undefined))
  assert.deepEqual(await house.store.check(), [])
  assert.ok(await house.store.mailboxes(bob.id).find('INBOX'))
})

/** What only a backup has, or a person knows, is said, and left as it is. */
const beyondMending: readonly (Damage & { readonly undo: string; readonly because: RegExp })[] = [
  {
    what: 'pages that are damaged, with the log behind them trimmed',
    sql: `CREATE TABLE kept AS SELECT floor, sum FROM mailbox_base WHERE ${here}; UPDATE mailbox_base SET floor = modseq, sum = sum + 1 WHERE ${here}`,
    undo: `UPDATE mailbox_base SET floor = kept.floor, sum = kept.sum FROM kept WHERE ${here}; DROP TABLE kept`,
    invariant: 'I5',
    text: /do not add up/,
    because: /trimmed/,
  },
  {
    what: 'a message whose content is lost',
    sql: `CREATE TABLE kept AS SELECT * FROM content WHERE hash = (SELECT hash FROM content ORDER BY hash LIMIT 1); DELETE FROM content WHERE hash = (SELECT hash FROM content ORDER BY hash LIMIT 1)`,
    undo: `INSERT INTO content SELECT * FROM kept; DROP TABLE kept`,
    invariant: 'I6',
    text: /has no content/,
    because: /backup/,
  },
  {
    what: 'an account in an alias of a domain',
    sql: `INSERT INTO domain (name) VALUES ('other.test'); UPDATE domain SET alias_of = 'other.test' WHERE name = 'example.test'`,
    undo: `UPDATE domain SET alias_of = NULL; DELETE FROM domain WHERE name = 'other.test'`,
    invariant: 'D1',
    text: /^ada@example\.test stands in an alias of other\.test/,
    because: /domain alias remove/,
  },
  {
    what: 'an alias of an alias of a domain',
    sql: `INSERT INTO domain (name, alias_of) VALUES ('one.test', 'example.test'); INSERT INTO domain (name, alias_of) VALUES ('two.test', 'one.test')`,
    undo: `DELETE FROM domain WHERE name = 'two.test'; DELETE FROM domain WHERE name = 'one.test'`,
    invariant: 'D2',
    text: /two\.test is an alias of one\.test/,
    because: /domain alias remove/,
  },
]

for (const { what, sql, undo, invariant, text, because } of beyondMending) {
  test(`${what}: seen, left alone, and said`, async () => {
    await using((open) => open.setFlags([uid(1)], { op: 'add', flags: [invariant] }))
    await checkpointUnopened(house.database, ada.id, inbox)
    await damage(sql)
    const findings = await house.store.check()
    assert.ok(findings.some((one) => one.invariant === invariant && text.test(one.text)))
    const mendings = await house.store.mend()
    assert.ok(
      mendings.some((one) => because.test(one.because ?? '')),
      JSON.stringify(mendings),
    )
    assert.deepEqual(await house.store.check(), findings)
    await damage(undo)
    assert.deepEqual(await house.store.check(), [])
  })
}
