import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type AccountId, openStore, type Store } from '@posthouse/store'
import { freshDatabase, type FreshDatabase, randomMail } from '@posthouse/testkit'
import { runPosthouse } from '../../apps/cli/src/testing/command-house.ts'
import { ImapLoad } from '../bench/clients/imap-load.ts'
import { benchPassword, userAddress } from '../bench/side.ts'
import { DovecotServer } from '../bench/sides/dovecot.ts'
import { freePorts } from './house/free-ports.ts'
import { makeScratch, type Scratch } from './house/scratch.ts'

// Somebody moves here from Dovecot: everything comes over, once, whatever happens on the way.

const program = '/usr/sbin/dovecot'
const skip =
  existsSync(program) && process.getuid?.() === 0
    ? false
    : `it needs Debian's dovecot-imapd and dovecot-pop3d (${program}), and root`
const user = 1
const main = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url))
let scratch: Scratch
let dovecot: DovecotServer
let port: number
let fresh: FreshDatabase
let store: Store
let password: string

before(async () => {
  if (skip !== false) return
  scratch = await makeScratch()
  // Dovecot's own users must come through.
  await chmod(scratch.folder, 0o711)
  const [imap = 0, pop3 = 0, lmtp = 0] = await freePorts(3)
  port = imap
  dovecot = new DovecotServer(scratch.folder, 'sdbox', { imap, pop3, lmtp })
  await dovecot.start()
  password = path.join(scratch.folder, 'password')
  await writeFile(password, `${benchPassword}\n`)
  fresh = await freshDatabase()
  store = await openStore({ database: fresh.url, app: 'test', unsafe: true })
})
after(async () => {
  if (skip !== false) return
  await store.close()
  await fresh.drop()
  await dovecot.stop()
  await scratch.remove()
})

function mailOf(n: number): Buffer {
  return randomMail((below) => randomInt(below), n)
}

const environment = (more: Readonly<Record<string, string>> = {}) => ({
  DATABASE_URL: fresh.url,
  POSTHOUSE_DATA: scratch.folder,
  POSTHOUSE_UNSAFE_DB: '1',
  ...more,
})

function commandFor(address: string, from = user): readonly string[] {
  const where = ['--host', '127.0.0.1', '--port', String(port), '--insecure']
  const who = ['--user', userAddress(from), '--password-file', password]
  return ['import', 'imap', address, ...where, ...who]
}

async function newAccount(address: string): Promise<AccountId> {
  const at = { via: 'test', user: '' }
  await store.domains.create('example.test', at)
  const { Secret } = await import('@posthouse/config')
  const made = await store.accounts.create({ address, password: new Secret('analytical') }, at)
  assert.ok(made.ok)
  return made.account.id
}

/** What stands in a mailbox: octets, flags and date of each message, in order. */
async function contents(account: AccountId, name: string) {
  const mailbox = await store.mailboxes(account).find(name)
  assert.ok(mailbox, `there is no ${name}`)
  const open = await store.open(account, mailbox.id, { readOnly: true })
  assert.ok(open)
  const list = []
  for (let i = 0; i < open.state.size; i++) {
    const uid = open.state.uidAt(i)
    const flags = open.flagNames(open.row(uid)?.flags ?? 0).toSorted()
    list.push({ flags: flags.join(' '), octets: (await open.octets(uid))?.toString('latin1') })
  }
  open.close()
  return list
}

test(
  'folders, octets, flags and keywords come over; a second run adds what is new alone',
  { skip, timeout: 240_000 },
  async () => {
    const account = await newAccount('ada@example.test')
    const mail = Array.from({ length: 130 }, (_, n) => mailOf(n + 1))
    const session = await ImapLoad.login(port, user)
    await session.append(mail)
    await session.command('CREATE Archive/2019')
    await session.command('CREATE "Gel&APY-schte Dinge"')
    await session.command('SELECT INBOX')
    await session.command('STORE 3 +FLAGS (\\Seen \\Flagged $Forwarded Wichtig)')
    await session.command('COPY 1:5 Archive/2019')
    await session.command('COPY 7 "Gel&APY-schte Dinge"')
    await session.command('STORE 10:12 +FLAGS (\\Deleted)')
    await session.command('EXPUNGE')

    const tried = await runPosthouse(environment(), [
      ...commandFor('ada@example.test'),
      '--dry-run',
    ])
    assert.equal(tried.code, 0, tried.stderr)
    assert.match(tried.stderr, /133 of 133 messages of 3 folders/)
    assert.equal((await contents(account, 'INBOX')).length, 0)

    const ended = await runPosthouse(environment(), commandFor('ada@example.test'))
    assert.equal(ended.code, 0, ended.stderr)
    assert.match(
      ended.stderr,
      /All 133 messages of 3 folders on 127\.0\.0\.1 are in ada@example\.test now/,
    )
    const inbox = await contents(account, 'INBOX')
    const expected = mail
      .filter((_, n) => n < 9 || n > 11)
      .map((octets) => octets.toString('latin1'))
    assert.deepEqual(
      inbox.map(({ octets }) => octets),
      expected,
    )
    assert.equal(
      inbox[2]?.flags,
      '$Forwarded Wichtig \\Flagged \\Seen'.split(' ').toSorted().join(' '),
    )
    assert.equal((await contents(account, 'Archive/2019')).length, 5)
    assert.equal((await contents(account, 'Gelöschte Dinge')).length, 1)

    const again = await runPosthouse(environment(), [...commandFor('ada@example.test'), '--json'])
    assert.equal(again.code, 0)
    const told = JSON.parse(again.stdout) as Record<string, unknown>
    assert.deepEqual([told['added'], told['here'], told['isComplete']], [0, 133, true])
    await session.append([mailOf(1000)])
    session.close()
    const third = await runPosthouse(environment(), commandFor('ada@example.test'))
    assert.match(third.stderr, /All 134 messages[^]*; 1 came in this run/)
    assert.equal((await contents(account, 'INBOX')).length, 128)
  },
)

test(
  'an import that is killed goes on where it was, and brings nothing twice',
  { skip, timeout: 240_000 },
  async () => {
    const account = await newAccount('bob@example.test')
    const session = await ImapLoad.login(port, 2)
    const mail = Array.from({ length: 1500 }, (_, n) => mailOf(2000 + n))
    for (let at = 0; at < mail.length; at += 100) await session.append(mail.slice(at, at + 100))
    session.close()
    const child = spawn(
      process.execPath,
      ['--conditions=@posthouse/source', main, ...commandFor('bob@example.test', 2)],
      {
        env: { ...process.env, ...environment() },
        stdio: 'ignore',
      },
    )
    const ended = new Promise((resolve) => child.once('exit', resolve))
    const mailbox = await store.mailboxes(account).find('INBOX')
    assert.ok(mailbox)
    for (;;) {
      const status = await store.mailboxes(account).status([mailbox.id])
      if ((status.get(mailbox.id)?.messages ?? 0) > 0 || child.exitCode !== null) break
    }
    child.kill('SIGKILL')
    await ended
    const finished = await runPosthouse(environment(), commandFor('bob@example.test', 2))
    assert.equal(finished.code, 0, finished.stderr)
    const inbox = await contents(account, 'INBOX')
    assert.deepEqual(
      inbox.map(({ octets }) => octets),
      mail.map((octets) => octets.toString('latin1')),
    )
  },
)

test(
  'what cannot come is listed, and a wrong password or host is said to be so',
  { skip, timeout: 240_000 },
  async () => {
    await newAccount('eve@example.test')
    const session = await ImapLoad.login(port, 3)
    await session.append([Buffer.from(`Subject: a\r\n\r\n${'long\r\n'.repeat(1000)}`), mailOf(7)])
    session.close()
    const env = environment({ POSTHOUSE_MESSAGE_BYTES: '5000' })
    const ended = await runPosthouse(env, commandFor('eve@example.test', 3))
    assert.equal(ended.code, 9, ended.stderr)
    assert.match(ended.stderr, /Left: message 1 of INBOX, because it is larger than 5000 octets/)

    await writeFile(`${password}.wrong`, 'wrong\n')
    const args = commandFor('eve@example.test', 3)
    const wrong = await runPosthouse(environment(), args.with(args.length - 1, `${password}.wrong`))
    assert.equal(wrong.code, 4, wrong.stderr)
    assert.match(wrong.stderr, /does not take the password/)
    const [nobody = 0] = await freePorts(1)
    const away = await runPosthouse(
      environment(),
      args.with(args.indexOf(String(port)), String(nobody)),
    )
    assert.equal(away.code, 7, away.stderr)
  },
)
