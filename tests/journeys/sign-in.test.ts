import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { ImapFlow } from 'imapflow'
import { createTransport } from 'nodemailer'
import { ImapSession } from './house/imap-session.ts'
import { password, ProcessSuite } from './house/process-suite.ts'
import { attemptSignIn, type SignInPort } from './house/sign-in-attempt.ts'
import { waitFor } from './house/wait-for.ts'

const ada = 'ada@example.test'
const bob = 'bob@example.test'
let suite: ProcessSuite

before(async () => {
  suite = await ProcessSuite.start({ env: { POSTHOUSE_RESOLVERS: '127.0.0.1:9' } })
  await suite.account(ada)
  await suite.account(bob)
})
after(() => suite.stop())

async function ok(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await suite.posthouse(args)
  assert.equal(code, 0, `${args.join(' ')}: ${stdout}${stderr}`)
  return stdout
}

async function refused(code: number, ...args: readonly string[]): Promise<string> {
  const ended = await suite.posthouse(args)
  assert.equal(ended.code, code, `${args.join(' ')}: ${ended.stdout}${ended.stderr}`)
  return ended.stderr
}

/** What a command printed with `--json`. */
async function json<T>(command: string, ...args: readonly string[]): Promise<T> {
  return JSON.parse(await ok(...command.split(' '), ...args, '--json')) as T
}

interface Listed {
  readonly id: string
  readonly name: string
  readonly protocols: readonly string[]
  readonly lastUsed: string | null
  readonly lastProtocol: string | null
}

function imapFlow(user: string, pass: string): ImapFlow {
  return new ImapFlow({
    host: '127.0.0.1',
    port: suite.ports.imaps,
    secure: true,
    servername: 'mail.example.test',
    tls: { ca: readFileSync(suite.caFile), servername: 'mail.example.test' },
    auth: { user, pass },
    logger: false,
  })
}

test('an app password serves a client over IMAP and submission, and its revocation ends the session', async () => {
  const made = await json<Listed & { readonly password: string }>(
    'app-password create --name Laptop --protocols imap,submission --expires 1y',
    ada,
  )
  assert.deepEqual(made.protocols, ['imap', 'submission'])
  const client = imapFlow(ada, made.password)
  await client.connect()
  const { exists } = await client.mailboxOpen('INBOX')
  const transport = createTransport({
    host: '127.0.0.1',
    port: suite.ports.submissions,
    secure: true,
    tls: { ca: readFileSync(suite.caFile), servername: 'mail.example.test' },
    auth: { user: ada, pass: made.password },
  })
  await transport.sendMail({ from: ada, to: ada, subject: 'to myself', text: '.' })
  transport.close()
  await waitFor('the message', async () => {
    const status = await client.status('INBOX', { messages: true })
    return status !== false && status.messages === exists + 1 ? true : undefined
  })
  assert.match(await attemptSignIn(suite, 'pop3s', ada, made.password), /^-ERR \[AUTH\]/)
  await waitFor('its last use', async () => {
    const { items } = await json<{ readonly items: readonly Listed[] }>('app-password list', ada)
    return items.find(({ id }) => id === made.id)?.lastUsed ?? undefined
  })
  const closed = once(client, 'close')
  const idling = client.idle().catch(() => undefined)
  await ok('app-password', 'revoke', ada, made.id)
  await closed
  await idling
  await assert.rejects(imapFlow(ada, made.password).connect())
  assert.match(await refused(5, 'app-password', 'revoke', ada, made.id), /has no app password/)
  const trail = await ok('audit', '--object', ada, '-o', 'plain', '--fields', 'action,details')
  assert.match(trail, /^app-password\.revoked\t.*name=Laptop.*\napp-password\.created\t/)
  assert.ok(!trail.includes(made.password))
})

test('app passwords: -q is the secret alone, and what cannot be made has its exit code', async () => {
  const secret = (await ok('app-password', 'create', bob, '--name', 'Phone', '-q')).trim()
  assert.match(secret, /^[a-z2-7-]{34}$/)
  await (await ImapSession.open(suite, bob, secret)).close()
  const create = ['app-password', 'create']
  await Promise.all([
    refused(5, ...create, 'nobody@example.test', '--name', 'x'),
    refused(2, ...create, bob),
    refused(2, ...create, bob, '--name', ' '),
    refused(2, ...create, bob, '--name', 'x', '--protocols', 'imap,ftp'),
    refused(2, ...create, bob, '--name', 'x', '--expires', '2001-01-01'),
    ok(...create, bob, '--name', 'x', '--dry-run'),
  ])
  assert.equal((await ok('app-password', 'list', bob, '-q')).trim().split('\n').length, 1)
})

interface Report {
  readonly verdict: string
  readonly failures: readonly string[]
}

/** Who guesses, and one more guess. */
const guesser = '127.0.0.9'
const guess = (port: SignInPort) => attemptSignIn(suite, port, ada, 'one more', guesser)

test('IMAP, POP3 and submission, each a process, agree about a guesser, who locks nobody else out', async () => {
  // A client that has been here before.
  await (await ImapSession.open(suite, ada)).close()
  const ports = ['imaps', 'pop3s', 'submissions'] as const
  const guesses = Array.from({ length: 24 }, (_, i) => {
    return attemptSignIn(suite, ports[i % 3] ?? 'imaps', ada, `guess ${i}`, guesser)
  })
  await Promise.all(guesses)
  const held = [/NO \[UNAVAILABLE\]/, /^-ERR \[SYS\/TEMP\]/, /^454 4\.7\.0/]
  // On a machine that stands still for half a minute the count has decayed a little: one more, then.
  await waitFor('all three to hold the guesser up', async () => {
    const answers = await Promise.all(ports.map(guess))
    return answers.every((answer, i) => held[i]?.test(answer)) || undefined
  })
  await (await ImapSession.open(suite, ada)).close()
  assert.match(await attemptSignIn(suite, 'imaps', bob, password, guesser), /OK/)
  await waitFor('the report of it', async () => {
    await guess('imaps')
    const report = await json<Report>('ban why', guesser)
    const list = await ok('ban', 'list', '-o', 'plain')
    const isTold =
      report.verdict === 'held' &&
      report.failures.some((line) => line.startsWith(`${guesser} ${ada}: `)) &&
      /^127\.0\.0\.9\theld\tada@example\.test\t/m.test(list)
    return isTold || undefined
  })
  await ok('ban', 'remove', guesser)
  assert.match(await attemptSignIn(suite, 'pop3s', ada, password, guesser), /^\+OK/)
})

test('a ban holds in every process at once, and can be explained and lifted', async () => {
  const there = '127.0.7.1'
  assert.match(await attemptSignIn(suite, 'imaps', bob, password, there), /OK/)
  const ban = await json<{ readonly network: string; readonly until: string | null }>(
    'ban add 127.0.7.0/24 --for 1h',
  )
  assert.equal(ban.network, '127.0.7.0/24')
  assert.ok(ban.until !== null && Date.parse(ban.until) > Date.now())
  assert.match(await attemptSignIn(suite, 'imaps', bob, password, there), /NO \[UNAVAILABLE\]/)
  assert.match(await attemptSignIn(suite, 'pop3s', bob, password, there), /^-ERR \[SYS\/TEMP\]/)
  assert.match(await attemptSignIn(suite, 'submissions', bob, password, there), /^454/)
  const { verdict } = await json<Report>('ban why', there)
  assert.equal(verdict, 'banned')
  await ok('ban', 'trust', there)
  assert.match(await attemptSignIn(suite, 'imaps', bob, password, there), /OK/)
  await ok('ban', 'remove', '127.0.7.0/24')
  assert.equal(await ok('ban', 'list', '-q'), `${there}\n`)
  await Promise.all([
    refused(5, 'ban', 'remove', '127.0.7.0/24'),
    refused(2, 'ban', 'add', 'somewhere'),
    refused(2, 'ban', 'why', '127.0.7.0/24'),
    refused(2, 'ban', 'add', '192.0.2.1', '--for', 'ever'),
    refused(2, 'ban', 'add', '0.0.0.0/0'),
  ])
  const trail = await ok('audit', '--object', '127.0.7.0/24', '-o', 'plain', '--fields', 'action')
  assert.equal(trail, 'network.cleared\nnetwork.banned\n')
})

test('a disabled account is out at once, everywhere, until it is enabled', async () => {
  const imap = await ImapSession.open(suite, bob)
  await ok('account', 'disable', bob)
  assert.match(await imap.client.readToEnd(), /^\* BYE This account has changed/)
  assert.match(await attemptSignIn(suite, 'imaps', bob, password), /NO \[CONTACTADMIN\]/)
  assert.match(await attemptSignIn(suite, 'submissions', bob, password), /^535 5\.7\.13/)
  const { items } = await json<{
    readonly items: readonly { readonly address: string; enabled: boolean }[]
  }>('account list')
  assert.equal(items.find(({ address }) => address === bob)?.enabled, false)
  await ok('account', 'enable', bob)
  await (await ImapSession.open(suite, bob)).close()
  await refused(5, 'account', 'disable', 'nobody@example.test')
})
