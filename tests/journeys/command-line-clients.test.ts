import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { ImapSession } from './house/imap-session.ts'
import { password, ProcessSuite } from './house/process-suite.ts'
import { absent, runProgram, type Ended } from './house/run-program.ts'
import { sampleMail } from './house/sample-mail.ts'
import { makeScratch, type Scratch } from './house/scratch.ts'
import { waitFor } from './house/wait-for.ts'

const ada = 'ada@example.test'
const bob = 'bob@example.test'
let suite: ProcessSuite
let scratch: Scratch

before(async () => {
  suite = await ProcessSuite.start()
  scratch = await makeScratch()
  await suite.account(ada)
  await suite.account(bob)
})
after(async () => {
  await suite.stop()
  await scratch.remove()
})

function assertDone({ code, stdout, stderr }: Ended): void {
  assert.equal(code, 0, `${stdout}\n${stderr}`)
}

/** The one message of a user's INBOX whose subject this is, once it is there. */
async function received(user: string, subject: string): Promise<string> {
  return waitFor(`"${subject}" for ${user}`, async () => {
    const imap = await ImapSession.open(suite, user)
    const all = await imap.fetchAll('INBOX')
    await imap.close()
    const found = all.filter(({ body }) => body.includes(`\r\nSubject: ${subject}\r\n`))
    assert.ok(found.length < 2, `"${subject}" came ${found.length} times`)
    return found[0]?.body
  })
}

const swaks = absent('swaks')

test('swaks delivers to the MX over STARTTLS', { skip: swaks }, async () => {
  const args = ['--server', '127.0.0.1', '--port', String(suite.ports.mx), '--tls']
  const tls = ['--tls-verify', '--tls-ca-path', suite.caFile, '--tls-sni', 'mail.example.test']
  const mail = ['--from', 'a@elsewhere.test', '--to', ada, '--header', 'Subject: swaks at the MX']
  assertDone(await runProgram('swaks', [...args, ...tls.slice(0, 3), ...mail]))
  assert.match(await received(ada, 'swaks at the MX'), /^Return-Path: <a@elsewhere\.test>\r\n/)
})

test('swaks submits with AUTH PLAIN, LOGIN, and over implicit TLS', { skip: swaks }, async () => {
  const ways = [
    ['2587 PLAIN', suite.ports.submission, ['--tls', '--auth', 'PLAIN']],
    ['2587 LOGIN', suite.ports.submission, ['--tls', '--auth', 'LOGIN']],
    ['2465 PLAIN', suite.ports.submissions, ['--tls-on-connect', '--auth', 'PLAIN']],
  ] as const
  for (const [name, port, how] of ways) {
    const login = ['--auth-user', ada, '--auth-password', password]
    const mail = ['--from', ada, '--to', bob, '--header', `Subject: swaks ${name}`]
    const server = ['--server', '127.0.0.1', '--port', String(port)]
    const tls = ['--tls-verify', '--tls-ca-path', suite.caFile]
    assertDone(await runProgram('swaks', [...server, ...how, ...tls, ...login, ...mail]))
    await received(bob, `swaks ${name}`)
  }
})

test('swaks is told when a password is wrong or a recipient unknown', { skip: swaks }, async () => {
  const server = ['--server', '127.0.0.1', '--port', String(suite.ports.submissions)]
  const wrong = ['--tls-on-connect', '--auth', 'PLAIN', '--auth-user', ada, '--auth-password', 'no']
  const refused = await runProgram('swaks', [...server, ...wrong, '--from', ada, '--to', bob])
  assert.match(refused.stdout, /535 5\.7\.8/)
  const mx = ['--server', '127.0.0.1', '--port', String(suite.ports.mx)]
  const lost = await runProgram('swaks', [...mx, '--from', 'a@b.test', '--to', 'no@example.test'])
  assert.match(lost.stdout, /550 5\.1\.1/)
  const relayed = await runProgram('swaks', [...mx, '--from', 'a@b.test', '--to', 'x@b.test'])
  assert.match(relayed.stdout, /550 5\.7\.1/)
})

const curl = absent('curl')

function curlWith(args: readonly string[]): Promise<Ended> {
  const resolve = Object.values(suite.ports).flatMap((port) => [
    '--resolve',
    `mail.example.test:${port}:127.0.0.1`,
  ])
  const common = ['-sS', '--cacert', suite.caFile, '--ssl-reqd', '-u', `${ada}:${password}`]
  return runProgram('curl', [...common, ...resolve, ...args])
}

test('curl submits, reads over IMAP and over POP3', { skip: curl }, async () => {
  const mail = sampleMail(4711, ada, ada)
  const file = path.join(scratch.folder, 'mail.eml')
  await scratch.write('mail.eml', mail.toString('latin1').trimEnd().split('\r\n'))
  const envelope = ['--mail-from', ada, '--mail-rcpt', ada, '--upload-file', file, '--crlf']
  const submission = `smtp://mail.example.test:${suite.ports.submission}/client.example.test`
  assertDone(await curlWith([submission, ...envelope]))
  await received(ada, 'message 4711')

  const { ports } = suite
  const found = await curlWith([
    `imaps://mail.example.test:${ports.imaps}/INBOX`,
    '-X',
    'UID SEARCH SUBJECT "message 4711"',
  ])
  const uid = /SEARCH (\d+)/.exec(found.stdout)?.[1]
  assert.ok(uid, found.stdout + found.stderr)
  const read = await curlWith([`imap://mail.example.test:${ports.imap}/INBOX;UID=${uid}`])
  assert.ok(read.stdout.includes('This is message 4711.'), read.stderr)

  const listed = await curlWith([`pop3s://mail.example.test:${ports.pop3s}/`])
  const count = listed.stdout.trim().split(/\r?\n/).length
  const popped = await curlWith([`pop3://mail.example.test:${ports.pop3}/${count}`])
  assert.equal(popped.stdout, read.stdout)
})

test('msmtp submits over 2587 and 2465', { skip: absent('msmtp') }, async () => {
  for (const [name, port, starttls] of [
    ['2587', suite.ports.submission, 'on'],
    ['2465', suite.ports.submissions, 'off'],
  ] as const) {
    const rc = await scratch.write(`msmtprc-${name}`, [
      'account default',
      'host localhost',
      `port ${port}`,
      `from ${ada}`,
      'auth plain',
      `user ${ada}`,
      `password ${password}`,
      'tls on',
      `tls_starttls ${starttls}`,
      `tls_trust_file ${suite.caFile}`,
    ])
    const input = `From: ${ada}\nTo: ${bob}\nSubject: msmtp ${name}\n\nHello.\n`
    assertDone(await runProgram('msmtp', ['-C', rc, bob], { input }))
    await received(bob, `msmtp ${name}`)
  }
})

test('mutt submits a message with an attachment', { skip: absent('mutt') }, async () => {
  const rc = await scratch.write('muttrc', [
    `set from="${ada}" realname="Ada" use_from=yes envelope_from=yes`,
    `set smtp_url="smtps://${ada}@localhost:${suite.ports.submissions}/"`,
    `set smtp_pass="${password}" smtp_authenticators="plain"`,
    `set certificate_file="${suite.caFile}" ssl_usesystemcerts=no ssl_force_tls=yes`,
    'set copy=no',
  ])
  const file = await scratch.write('attached.txt', ['the attachment'])
  const args = ['-n', '-F', rc, '-s', 'mutt sends', '-a', file, '--', bob]
  const env = { HOME: scratch.folder }
  assertDone(await runProgram('mutt', args, { input: 'Hello.\n', env }))
  const body = await received(bob, 'mutt sends')
  assert.match(body, /Content-Disposition: attachment; filename="?attached\.txt/)
})

test('s-nail submits, and reads over IMAP and POP3', { skip: absent('s-nail') }, async () => {
  const login = `${encodeURIComponent(ada)}:${encodeURIComponent(password)}`
  const common = ['-:/', '-Sv15-compat', `-Stls-ca-file=${suite.caFile}`, '-Stls-verify=strict']
  const quiet = ['-Stls-ca-no-defaults']
  const env = { HOME: scratch.folder, MAILRC: '/dev/null' }
  const smtp = `-Smta=smtps://${login}@localhost:${suite.ports.submissions}`
  const mail = ['-Ssmtp-auth=plain', '-s', 's-nail sends', '-r', ada, ada]
  const input = 'Hello from s-nail.\n'
  assertDone(await runProgram('s-nail', [...common, ...quiet, smtp, ...mail], { input, env }))
  await received(ada, 's-nail sends')
  for (const url of [
    `imaps://${login}@localhost:${suite.ports.imaps}/INBOX`,
    `pop3s://${login}@localhost:${suite.ports.pop3s}`,
  ]) {
    const args = [...common, ...quiet, '-Spop3-auth=plain', '-Simap-auth=login', '-R', '-f', url]
    const read = await runProgram('s-nail', args, { input: 'from *\nexit\n', env })
    assert.match(read.stdout, /s-nail sends/, read.stderr)
  }
})

test(
  'openssl verifies the certificate of every TLS port',
  { skip: absent('openssl') },
  async () => {
    const ways = [
      ['imaps', []],
      ['pop3s', []],
      ['submissions', []],
      ['imap', ['-starttls', 'imap']],
      ['pop3', ['-starttls', 'pop3']],
      ['submission', ['-starttls', 'smtp']],
      ['mx', ['-starttls', 'smtp']],
    ] as const
    for (const [port, how] of ways) {
      const verify = ['-CAfile', suite.caFile, '-verify_return_error']
      const name = ['-verify_hostname', 'mail.example.test', '-servername', 'mail.example.test']
      const connect = ['s_client', '-brief', '-connect', `127.0.0.1:${suite.ports[port]}`]
      const { stderr } = await runProgram('openssl', [...connect, ...how, ...verify, ...name])
      assert.match(stderr, /Verification: OK/, `${port}: ${stderr}`)
    }
    assert.match(await readFile(suite.caFile, 'utf8'), /BEGIN CERTIFICATE/)
  },
)
