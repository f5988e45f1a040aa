import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { testAuthority } from '@posthouse/testkit'
import type { ImapFlow } from 'imapflow'
import { connectImapFlow, stateOf } from './house/mailbox-state.ts'
import { makeCertificateFiles, type CertificateFiles } from './house/outbound-certificate.ts'
import { password, ProcessSuite } from './house/process-suite.ts'
import { absent } from './house/run-program.ts'
import { makeScratch, type Scratch } from './house/scratch.ts'
import { authorityOf, Thunderbird } from './house/thunderbird.ts'
import { transportTo } from './house/transport.ts'
import { waitFor } from './house/wait-for.ts'

// Thunderbird is given a name, an address and a password, in the page where people give them, and nothing else. It finds the
// ports of the world (993, 465 …) in what our web server says; below, they lead to the suite's.

const ada = 'ada@example.test'
const bob = 'bob@example.test'
const skip = absent('thunderbird')
/** nsMsgSocketType.SSL, nsMsgAuthMethod.passwordCleartext. */
const [tls, plainPassword] = [3, 3]
let suite: ProcessSuite
let scratch: Scratch
let files: CertificateFiles
let authority: string
let imap: ImapFlow

before(async () => {
  if (skip !== false) return
  scratch = await makeScratch()
  files = await makeCertificateFiles()
  const authorityOfTests = testAuthority()
  const labels = ['mail', 'autoconfig', 'imap', 'pop', 'pop3', 'smtp']
  const names = [...labels.map((label) => `${label}.example.test`), 'example.test', 'localhost']
  const pair = await files.write('server', authorityOfTests.issue(names))
  suite = await ProcessSuite.start({
    env: { POSTHOUSE_TLS_CERT: pair.cert, POSTHOUSE_TLS_KEY: pair.key },
    prepare: (dataDir) =>
      writeFile(
        path.join(dataDir, 'posthouse.toml'),
        '[clients]\nname = "Example Mail"\npublic_ports = { imaps = 993, pop3s = 995, submissions = 465, submission = 587, http = 80, https = 443 }\n',
      ),
  })
  const caFile = await scratch.write('ca.pem', [authorityOfTests.ca])
  authority = await authorityOf(caFile)
  await writeFile(suite.caFile, authorityOfTests.ca)
  for (const address of [ada, bob]) await suite.account(address)
  imap = await connectImapFlow(suite, ada)
})
after(async () => {
  if (skip !== false) return
  await imap.logout().catch(() => undefined)
  await suite.stop()
  await files.stop()
  await scratch.remove()
})

/** The ports that programs know, and where the suite has them. */
function ports(): Readonly<Record<number, number>> {
  const { http, https, imaps, pop3s, submissions, submission } = suite.ports
  return { 80: http, 443: https, 993: imaps, 995: pop3s, 465: submissions, 587: submission }
}

async function deliver(subject: string): Promise<void> {
  const transport = transportTo(suite, 'mx', { connections: 1 })
  await transport.sendMail({ from: bob, to: ada, subject, text: subject })
  transport.close()
}

async function subjectsOf(client: ImapFlow, mailbox: string): Promise<readonly string[]> {
  return (await stateOf(client, mailbox)).map((one) => one.replace(/ \\.*$/, ''))
}

async function arrives(subject: string): Promise<void> {
  const others = await connectImapFlow(suite, bob)
  await waitFor(`${subject} to arrive`, async () =>
    (await subjectsOf(others, 'INBOX')).includes(subject) ? true : undefined,
  )
  await others.logout()
}

test(
  'given an address and a password, Thunderbird sets IMAP up by itself, sends once, and hears of new mail',
  { skip },
  async () => {
    await deliver('first')
    const bird = await Thunderbird.startFresh(scratch, 'wizard-imap', ports())
    try {
      const asked = { kind: 'imap', user: ada, password, ca: authority }
      const found = (await bird.does('wizard', asked)) as readonly string[]
      assert.match(found[0] ?? '', /mail\.example\.test/)
      assert.deepEqual(await bird.does('settings'), {
        incoming: ['imap', 'mail.example.test', 993, tls, plainPassword, ada],
        outgoing: ['mail.example.test', 465, tls, plainPassword, ada],
      })
      await bird.does('discover', ['INBOX', 'Drafts', 'Sent', 'Junk', 'Trash', 'Archive'])
      await bird.untilShown('INBOX', ['first'])
      await bird.does('send', { to: bob, subject: 'by the wizard', body: 'Hello Bob.' })
      await arrives('by the wizard')
      await waitFor('the copy to be stored', async () =>
        (await subjectsOf(imap, 'Sent')).length > 0 ? true : undefined,
      )
      assert.deepEqual(await subjectsOf(imap, 'Sent'), ['by the wizard'], 'once')
      // Nobody opens the folder: the server tells (RFC 2177).
      await deliver('second')
      await waitFor('Thunderbird to hear of it', async () => {
        const shown = (await bird.does('list', 'INBOX')) as readonly { subject: string }[]
        return shown.some(({ subject }) => subject === 'second') ? true : undefined
      })
    } finally {
      await bird.stop()
    }
  },
)

test(
  'asked for POP3, Thunderbird sets that up by itself, fetches, sends, and leaves the mail here',
  { skip },
  async () => {
    const there = await subjectsOf(imap, 'INBOX')
    const bird = await Thunderbird.startFresh(scratch, 'wizard-pop3', ports())
    try {
      await bird.does('wizard', { kind: 'pop3', user: ada, password, ca: authority })
      assert.deepEqual(await bird.does('settings'), {
        incoming: ['pop3', 'mail.example.test', 995, tls, plainPassword, ada],
        outgoing: ['mail.example.test', 465, tls, plainPassword, ada],
      })
      await bird.untilShown('Inbox', there)
      await bird.does('send', { to: bob, subject: 'by POP', body: 'Hello again.' })
      await arrives('by POP')
      assert.deepEqual(await subjectsOf(imap, 'INBOX'), there)
    } finally {
      await bird.stop()
    }
  },
)

test(
  'where the web server is not reached, Thunderbird guesses names and ports, which counts as no failed sign-in',
  { skip },
  async () => {
    const { imap: imapPort, pop3, mx } = suite.ports
    const { 80: _, 443: __, ...others } = ports()
    // Nobody listens there.
    const world = { ...others, 80: 1, 443: 1, 143: imapPort, 110: pop3, 25: mx }
    const bird = await Thunderbird.startFresh(scratch, 'wizard-guess', world)
    try {
      await bird.does('wizard', { kind: 'imap', user: ada, password, ca: authority })
      const { incoming } = (await bird.does('settings')) as { incoming: readonly unknown[] }
      assert.equal(incoming[0], 'imap')
      assert.match(String(incoming[1]), /^(imap|mail)\.example\.test$/)
    } finally {
      await bird.stop()
    }
    const { stdout } = await suite.posthouse(['ban', 'list', '--json'])
    assert.deepEqual((JSON.parse(stdout) as { items: unknown[] }).items, [])
    const failed = await suite.posthouse(['account', 'logins', ada, '--failed', '--json'])
    assert.deepEqual((JSON.parse(failed.stdout) as { items: unknown[] }).items, [], failed.stderr)
  },
)
