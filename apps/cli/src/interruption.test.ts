import assert from 'node:assert/strict'
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { open, readdir, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { app as imap } from '@posthouse/imap'
import { computeFacts } from '@posthouse/message'
import { defaultPassword, freshDatabase, sampleMessage, startSuite } from '@posthouse/testkit'
import pg from 'pg'
import { openCommandHouse, type CommandHouse, type Ended } from './testing/command-house.ts'

const main = fileURLToPath(new URL('main.ts', import.meta.url))

let house: CommandHouse
let lender: pg.Client

before(async () => {
  house = await openCommandHouse()
  lender = new pg.Client({ connectionString: house.url })
  await lender.connect()
})
after(async () => {
  await lender.end()
  await house.close()
})

interface Begun {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

/** Begins `posthouse ARGS` on a database of its own; to be interrupted. */
function begin(url: string, ...args: readonly string[]): Begun {
  const env = {
    ...process.env,
    DATABASE_URL: url,
    POSTHOUSE_DATA: house.folder,
    POSTHOUSE_UNSAFE_DB: '1',
    NO_COLOR: '1',
  }
  const child = spawn(process.execPath, ['--conditions=@posthouse/source', main, ...args], { env })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
  return { child, ended }
}

/** Waits until somebody waits for a lock of that database: the command is at work, and stands. */
async function untilItWaits(client: pg.Client): Promise<void> {
  const text = `SELECT count(*)::int AS waiting FROM pg_locks WHERE NOT granted AND database =
    (SELECT oid FROM pg_database WHERE datname = current_database())`
  for (let tries = 0; tries < 1_200; tries += 1) {
    const { rows } = await client.query<{ waiting: number }>(text)
    if ((rows[0]?.waiting ?? 0) > 0) return
    await pause(50)
  }
  assert.fail('no command came to wait')
}

/** Runs work while a table is locked: whoever wants it waits. */
async function whileLocked<T>(table: string, work: () => Promise<T>): Promise<T> {
  await lender.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`)
  try {
    return await work()
  } finally {
    await lender.query('ROLLBACK')
  }
}

/** A file that is read only when the test writes it. */
async function slowFile(name: string): Promise<string> {
  const file = path.join(house.folder, name)
  await promisify(execFile)('mkfifo', [file])
  return file
}

/** Waits until a command reads it. */
function whenRead(file: string): Promise<FileHandle> {
  return open(file, 'w')
}

const mail = 'From: x@example.net\r\nSubject: offer\r\n\r\nBuy this now, it is cheap.\r\n'

test('a training that is interrupted finishes its message, leaves the rest, and says how to go on', async () => {
  const slow = await slowFile('slow-1.eml')
  const next = await house.file('next.eml', mail.replace('offer', 'another'))
  const { child, ended } = begin(house.url, 'filter', 'train', 'spam', slow, next)
  const writer = await whenRead(slow)
  child.kill('SIGINT')
  await pause(200)
  await writer.writeFile(mail)
  await writer.close()
  const { code, stderr } = await ended
  assert.equal(code, 130, stderr)
  assert.match(stderr, /Stopping; once more ends it at once\.[^]*1 learnt as spam[^]*goes on/)
})

test('a second Ctrl-C ends it at once', async () => {
  const slow = await slowFile('slow-2.eml')
  const { child, ended } = begin(house.url, 'filter', 'train', 'spam', slow)
  const writer = await whenRead(slow)
  child.kill('SIGINT')
  await pause(1_000)
  assert.equal(child.exitCode, null)
  child.kill('SIGINT')
  await ended
  // What a shell calls 130.
  assert.equal(child.signalCode, 'SIGINT')
  await writer.close()
})

test('a backup that is interrupted leaves nothing, and says so', async () => {
  const folder = path.join(house.folder, 'interrupted')
  const { code, stdout, stderr } = await whileLocked('domain', async () => {
    const { child, ended } = begin(house.url, 'backup', 'create', folder)
    await untilItWaits(lender)
    child.kill('SIGINT')
    return ended
  })
  assert.equal(code, 130, stderr)
  assert.equal(stdout, '')
  assert.match(stderr, /nothing of .* is left\n {2}the same command begins anew/)
  const left = await readdir(house.folder)
  assert.deepEqual(
    left.filter((name) => name.startsWith('interrupted')),
    [],
  )
})

test('a restore that is interrupted leaves the database empty, and can be begun again', async () => {
  const folder = path.join(house.folder, 'whole')
  await house.account('ada@example.test')
  await house.ok('backup', 'create', folder)
  const target = await freshDatabase()
  const reader = new pg.Client({ connectionString: target.url })
  await reader.connect()
  await reader.query('BEGIN; SELECT FROM domain')
  const args = ['backup', 'restore', folder, '--confirm', folder]
  const { child, ended } = begin(target.url, ...args)
  await untilItWaits(reader)
  child.kill('SIGINT')
  const { code, stderr } = await ended
  assert.equal(code, 130, stderr)
  assert.match(stderr, /the database is empty, as before/)
  await reader.query('COMMIT')
  const { rows } = await reader.query('SELECT FROM account')
  assert.equal(rows.length, 0)
  await reader.end()
  const again = await begin(target.url, ...args).ended
  assert.equal(again.code, 0, again.stderr)
  await target.drop()
})

test('an import that is interrupted finishes what is under way, and the same command goes on', async () => {
  const there = await startSuite({ apps: [imap] })
  try {
    const { id } = await there.account('bob@elsewhere.test')
    const inbox = await there.store.mailboxes(id).find('INBOX')
    assert.ok(inbox)
    for (const i of [1, 2]) {
      const octets = sampleMessage(i, 'bob@elsewhere.test')
      await there.store.append(id, inbox.id, { octets, facts: computeFacts(octets), flags: [] })
    }
    const file = await house.file('password', `${defaultPassword}\n`)
    const from = ['--host', '127.0.0.1', '--port', String(there.port('imaps')), '--any-certificate']
    const who = ['--user', 'bob@elsewhere.test', '--password-file', file]
    const args = ['import', 'imap', 'ada@example.test', ...from, ...who]
    const { ended } = await whileLocked('content', async () => {
      const begun = begin(house.url, ...args)
      await untilItWaits(lender)
      begun.child.kill('SIGINT')
      await pause(200)
      return begun
    })
    const { code, stderr } = await ended
    assert.equal(code, 130, stderr)
    assert.match(stderr, /Stopped; the same command goes on from here/)
    const again = await begin(house.url, ...args).ended
    assert.equal(again.code, 0, again.stderr)
    assert.match(again.stderr, /All 2 messages/)
  } finally {
    await there.stop()
  }
})

test('a check that is interrupted says that it did not look at everything', async () => {
  const { ended } = await whileLocked('mailbox_head', async () => {
    const begun = begin(house.url, 'store', 'check')
    await untilItWaits(lender)
    begun.child.kill('SIGINT')
    await pause(200)
    return begun
  })
  const { code, stderr } = await ended
  assert.equal(code, 130, stderr)
  assert.match(stderr, /not everything was looked at/)
})

test('JSON tells an interruption as an error', async () => {
  const folder = path.join(house.folder, 'interrupted')
  const { code, stderr } = await whileLocked('domain', async () => {
    const { child, ended } = begin(house.url, 'backup', 'create', folder, '--json')
    await untilItWaits(lender)
    child.kill('SIGINT')
    return ended
  })
  assert.equal(code, 130)
  const { error } = JSON.parse(stderr) as { error: Record<string, unknown> }
  assert.equal(error['code'], 'interrupted')
  assert.equal(error['exit'], 130)
})
