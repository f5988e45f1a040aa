import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { computeFacts } from '@posthouse/message'
import { emptyDatabase, freshDatabase, type FreshDatabase } from '@posthouse/testkit'
import type { Account } from '../accounts.ts'
import { Database } from '../database.ts'
import { uid } from '../ids.ts'
import { migrate } from '../migrate.ts'
import { openStore } from '../open-store.ts'
import { unnamed } from '../statement.ts'
import type { Store } from '../store.ts'
import { actor, openStoreHouse, outboundDelivery, type StoreHouse } from '../testing/store-house.ts'
import { newUuid, uuidToBase32 } from '../uuid-v7.ts'
import { createBackup } from './create-backup.ts'
import { UnfitBackup } from './manifest.ts'
import { restoreBackup } from './restore-backup.ts'
import { verifyBackup } from './verify-backup.ts'

let house: StoreHouse
let folder: string
let account: Account
let queueId: string
const databases: FreshDatabase[] = []

before(async () => {
  house = await openStoreHouse()
  folder = await mkdtemp(path.join(tmpdir(), 'posthouse-backup-'))
  await writeFile(path.join(folder, 'posthouse.toml'), 'hostname = "mail.example.test"\n')
  account = await house.account('ada@example.test')
  // Rows of a table that refer to each other.
  for (const name of ['alias.test', 'zalias.test']) {
    assert.deepEqual(await house.store.domains.addAlias(name, 'example.test', actor), { ok: true })
  }
  // One of several chunks, and small ones.
  for (const bytes of [700_000, 10, 3_000]) await deliver(house.store, bytes)
  const inbox = await openInbox(house.store)
  await inbox.setFlags([uid(1)], { op: 'add', flags: ['\\Seen', 'Wichtig'] })
  await inbox.setFlags([uid(2)], { op: 'add', flags: ['\\Deleted'] })
  await inbox.expunge([uid(2)])
  inbox.close()
  const outbound = outboundDelivery('ada@example.test', ['bob@there.test', 'eve@there.test'])
  await house.store.deliver(outbound)
  queueId = outbound.queueId
})

after(async () => {
  await Promise.all(databases.map((one) => one.drop()))
  await house.close()
  await rm(folder, { recursive: true, force: true })
})

async function deliver(store: Store, bytes: number): Promise<void> {
  const body = randomBytes(bytes).toString('base64')
  const octets = Buffer.from(`Subject: ${bytes}\r\n\r\n${body}\r\n`)
  const copy = { account: account.id, mailbox: 'INBOX', prefix: Buffer.alloc(0), flags: [] }
  const facts = computeFacts(octets)
  const queue = uuidToBase32(newUuid())
  await store.deliver({
    octets,
    facts,
    receivedAt: new Date('2026-03-01T10:00:00Z'),
    queueId: queue,
    recipients: [copy],
  })
}

async function openInbox(store: Store) {
  const inbox = await store.mailboxes(account.id).find('INBOX')
  assert.ok(inbox)
  const open = await store.open(account.id, inbox.id, { readOnly: false })
  assert.ok(open)
  return Object.assign(open, { uidValidity: inbox.uidValidity })
}

/** All that a client could see of INBOX. */
async function seen(store: Store) {
  const inbox = await openInbox(store)
  const uids = Array.from({ length: inbox.state.size }, (_, i) => inbox.state.uidAt(i))
  const messages = []
  for (const one of uids) {
    const octets = await inbox.octets(one)
    messages.push({
      uid: one,
      flags: inbox.flagNames(inbox.row(one)?.flags ?? 0),
      octets: octets?.toString('hex'),
    })
  }
  inbox.close()
  return { uidValidity: inbox.uidValidity, messages }
}

async function newDatabase(make: () => Promise<FreshDatabase>): Promise<string> {
  const made = await make()
  databases.push(made)
  return made.url
}

/** Folders that were begun and not finished. */
async function partial(): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => name.includes('.partial'))
}

const config = () => [{ name: 'posthouse.toml', path: path.join(folder, 'posthouse.toml') }]

test('a backup that was restored holds the same octets, flags and UIDs; the queue waits for a word', async () => {
  const backup = path.join(folder, 'whole')
  const made = await createBackup({
    url: house.url,
    folder: backup,
    files: config(),
    version: '1.2.3',
  })
  assert.equal((await stat(backup)).mode & 0o777, 0o700)
  assert.deepEqual((await verifyBackup(backup)).faults, [])
  assert.deepEqual(await partial(), [])
  for (const make of [freshDatabase, emptyDatabase]) {
    const url = await newDatabase(make)
    const { manifest, held } = await restoreBackup({ url, folder: backup })
    assert.deepEqual(manifest, made)
    assert.equal(held, 2)
    const store = await openStore({ database: url, app: 'test', unsafe: true })
    try {
      assert.deepEqual(await seen(store), await seen(house.store))
      assert.deepEqual(await store.domains.list(), await house.store.domains.list())
      assert.deepEqual(await store.check(), [])
      const states = (await store.queue.show(queueId)).map(({ state }) => state)
      assert.deepEqual(states, ['held', 'held'])
      await deliver(store, 20)
      const uids = (await seen(store)).messages.map((message) => message.uid)
      // Of the same Postgres, too: clients may have seen UIDs that the backup does not know.
      assert.ok((uids.at(-1) ?? 0) > 10_000, `the next UID is no old one: ${uids.join()}`)
    } finally {
      await store.close()
    }
    await assert.rejects(restoreBackup({ url, folder: backup }), /not empty/)
  }
})

test('a flipped bit anywhere is found, and nothing is restored from such a backup', async () => {
  const backup = path.join(folder, 'flipped')
  const request = { url: house.url, folder: backup, files: config(), version: '1' }
  const { tables, files } = await createBackup(request)
  const parts = [...tables, ...files].map(({ file }) => file)
  const url = await newDatabase(freshDatabase)
  for (const name of [...parts, 'manifest.json', 'manifest.sha256']) {
    const file = path.join(backup, name)
    const octets = await readFile(file)
    const at = octets.length >> 1
    const changed = Buffer.from(octets)
    changed.writeUInt8(changed.readUInt8(at) ^ 4, at)
    await writeFile(file, changed)
    if (parts.includes(name)) {
      const { faults } = await verifyBackup(backup)
      assert.deepEqual(
        faults.map((fault) => fault.file),
        [name],
      )
    } else await assert.rejects(verifyBackup(backup), UnfitBackup)
    if (!name.startsWith('files/')) {
      await assert.rejects(restoreBackup({ url, folder: backup }), UnfitBackup, name)
    }
    await writeFile(file, octets)
  }
  await rm(path.join(backup, 'tables', 'message.copy.zst'))
  assert.equal((await verifyBackup(backup)).faults[0]?.file, 'tables/message.copy.zst')
  await assert.rejects(restoreBackup({ url, folder: backup }), UnfitBackup)
  // Whatever went wrong, the database is as empty as before.
  const store = await openStore({ database: url, app: 'test', unsafe: true })
  assert.deepEqual(await store.domains.list(), [])
  await store.close()
})

test('nothing that is there already is written over, however the folder is spelled', async () => {
  const request = (name: string) => {
    return { url: house.url, folder: path.join(folder, name), files: [], version: '1' }
  }
  await mkdir(path.join(folder, 'made'))
  await createBackup({ ...request('made'), folder: `${path.join(folder, 'made')}/` })
  assert.deepEqual((await verifyBackup(path.join(folder, 'made'))).faults, [])
  await writeFile(path.join(folder, 'a-file'), 'precious')
  await assert.rejects(createBackup(request('a-file')), /is a file/)
  assert.equal(await readFile(path.join(folder, 'a-file'), 'utf8'), 'precious')
  await mkdir(path.join(folder, 'other.partial'))
  await createBackup(request('other'))
  assert.deepEqual(await partial(), ['other.partial'])
  const missing = [{ name: 'gone.pem', path: path.join(folder, 'gone.pem') }]
  await assert.rejects(createBackup({ ...request('failed'), files: missing }), /ENOENT/)
  assert.deepEqual(await partial(), ['other.partial'])
  await rm(path.join(folder, 'other.partial'), { recursive: true })
})

test('a database in use, a folder in use and a schema of tomorrow are refused', async () => {
  const backup = path.join(folder, 'refused')
  const request = { url: house.url, folder: backup, files: [], version: '1' }
  await createBackup(request)
  await assert.rejects(createBackup(request), UnfitBackup)
  await assert.rejects(restoreBackup({ url: house.url, folder: backup }), /Posthouse runs/)
  await assert.rejects(verifyBackup(folder), /no finished backup/)
  const database = new Database({ url: house.url, app: 'test' })
  const tomorrow = `INSERT INTO schema_migration (number, name, checksum) VALUES (9999, '9999-tomorrow', 'x')`
  await database.execute(unnamed(tomorrow))
  const newer = path.join(folder, 'newer')
  await createBackup({ ...request, folder: newer })
  await database.execute(unnamed('DELETE FROM schema_migration WHERE number = 9999'))
  await database.close()
  const url = await newDatabase(freshDatabase)
  await assert.rejects(restoreBackup({ url, folder: newer }), /does not know/)
})

test('a backup of an older schema is restored and brought up to date', async () => {
  const old = await newDatabase(emptyDatabase)
  await migrate(old, undefined, 17)
  const database = new Database({ url: old, app: 'test' })
  await database.execute(unnamed(`INSERT INTO domain (name) VALUES ('old.test')`))
  await database.close()
  const backup = path.join(folder, 'old')
  const made = await createBackup({ url: old, folder: backup, files: [], version: '0.9' })
  assert.equal(made.migrations.length, 17)
  const url = await newDatabase(freshDatabase)
  await restoreBackup({ url, folder: backup })
  const store = await openStore({ database: url, app: 'test', unsafe: true })
  const names = (await store.domains.list()).map(({ name }) => name)
  await store.close()
  assert.deepEqual(names, ['old.test'])
})
