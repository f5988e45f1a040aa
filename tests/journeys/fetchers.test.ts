import assert from 'node:assert/strict'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { ImapSession } from './house/imap-session.ts'
import { password, ProcessSuite } from './house/process-suite.ts'
import { absent, runProgram } from './house/run-program.ts'
import { sampleMail } from './house/sample-mail.ts'
import { makeScratch, type Scratch } from './house/scratch.ts'
import { transportTo } from './house/transport.ts'

const count = 20
const users = ['mpop', 'fetch-pop', 'fetch-imap'].map((name) => `${name}@example.test`)
let suite: ProcessSuite
let scratch: Scratch

before(async () => {
  suite = await ProcessSuite.start({ args: ['mx', 'imap', 'pop3'] })
  scratch = await makeScratch()
  for (const user of users) await suite.account(user)
  const transport = transportTo(suite, 'mx', { connections: 1 })
  for (let n = 0; n < count; n += 1)
    await transport.sendMail({
      envelope: { from: 'a@elsewhere.test', to: users },
      raw: sampleMail(n, 'a@elsewhere.test', 'all@example.test'),
    })
  transport.close()
})
after(async () => {
  await suite.stop()
  await scratch.remove()
})

async function left(user: string): Promise<number> {
  const imap = await ImapSession.open(suite, user)
  const messages = await imap.count('INBOX')
  await imap.close()
  return messages
}

test('mpop fetches every message once, byte for byte', { skip: absent('mpop') }, async () => {
  const user = 'mpop@example.test'
  const maildir = path.join(scratch.folder, 'mpop')
  for (const name of ['cur', 'new', 'tmp'])
    await mkdir(path.join(maildir, name), { recursive: true })
  const rc = await scratch.write('mpoprc', [
    'account default',
    'host localhost',
    `port ${suite.ports.pop3}`,
    `user ${user}`,
    `password ${password}`,
    'auth user',
    'tls on',
    'tls_starttls on',
    `tls_trust_file ${suite.caFile}`,
    'keep on',
    'received_header off',
    `uidls_file ${path.join(scratch.folder, 'uidls')}`,
    `delivery maildir ${maildir}`,
  ])
  for (const round of ['first', 'second']) {
    const { code, stderr } = await runProgram('mpop', ['-C', rc])
    assert.equal(code, 0, `${round}: ${stderr}`)
    const names = await readdir(path.join(maildir, 'new'))
    assert.equal(names.length, count, `after the ${round} run`)
  }
  const names = await readdir(path.join(maildir, 'new'))
  const bodies = await Promise.all(
    names.map((name) => readFile(path.join(maildir, 'new', name), 'latin1')),
  )
  const imap = await ImapSession.open(suite, user)
  const stored = (await imap.fetchAll('INBOX')).map(({ body }) => body.replaceAll('\r\n', '\n'))
  await imap.close()
  assert.deepEqual(bodies.toSorted(), stored.toSorted())
})

for (const [protocol, port] of [
  ['POP3', 'pop3s'],
  ['IMAP', 'imaps'],
] as const) {
  const skip = absent('fetchmail')
  test(`fetchmail empties a mailbox over ${protocol}`, { skip }, async () => {
    const user = `fetch-${protocol === 'POP3' ? 'pop' : 'imap'}@example.test`
    const box = path.join(scratch.folder, `fetched-${protocol}`)
    const rc = await scratch.write(`fetchmailrc-${protocol}`, [
      `poll localhost protocol ${protocol} port ${suite.ports[port]}`,
      `  user "${user}" password "${password}"`,
      `  ssl sslcertck sslcertfile "${suite.caFile}"`,
      `  mda "cat >> ${box}"`,
    ])
    const env = { HOME: scratch.folder, FETCHMAILHOME: scratch.folder }
    const pid = path.join(scratch.folder, `pid-${protocol}`)
    const args = ['--nodetach', '--nosyslog', '-f', rc, '--pidfile', pid]
    const { code, stdout, stderr } = await runProgram('fetchmail', args, { env })
    assert.equal(code, 0, `${stdout}\n${stderr}`)
    const fetched = await readFile(box, 'latin1')
    assert.equal(fetched.match(/^This is message \d+\.$/gm)?.length, count)
    assert.equal(await left(user), 0)
    // 1: there was no mail.
    assert.equal((await runProgram('fetchmail', args, { env })).code, 1)
  })
}
