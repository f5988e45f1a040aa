import assert from 'node:assert/strict'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { ImapSession } from './house/imap-session.ts'
import { password, ProcessSuite } from './house/process-suite.ts'
import { absent, runProgram } from './house/run-program.ts'
import { sampleMail } from './house/sample-mail.ts'
import { makeScratch, type Scratch } from './house/scratch.ts'
import { transportTo } from './house/transport.ts'

const user = 'sync@example.test'
const half = 250
const skip = absent('mbsync', 'isync')
let suite: ProcessSuite
let scratch: Scratch

before(async () => {
  if (skip !== false) return
  suite = await ProcessSuite.start({ args: ['mx', 'imap'] })
  scratch = await makeScratch()
  await suite.account(user)
})
after(async () => {
  if (skip !== false) return
  await suite.stop()
  await scratch.remove()
})

test(
  'mbsync brings 500 messages both ways, and a second run transfers nothing',
  { skip },
  async () => {
    const maildir = path.join(scratch.folder, 'mail')
    const inbox = path.join(maildir, 'INBOX')
    for (const name of ['cur', 'new', 'tmp'])
      await mkdir(path.join(inbox, name), { recursive: true })
    for (let n = 0; n < half; n += 1) {
      const octets = sampleMail(n, user, user).toString('latin1').replaceAll('\r\n', '\n')
      await writeFile(path.join(inbox, 'cur', `17000000${n}.M1P1_${n}.here:2,S`), octets, 'latin1')
    }
    const transport = transportTo(suite, 'mx')
    const numbers = Array.from({ length: half }, (_, index) => half + index)
    await Promise.all(
      numbers.map((n) =>
        transport.sendMail({
          envelope: { from: 'a@elsewhere.test', to: user },
          raw: sampleMail(n, 'a@elsewhere.test', user),
        }),
      ),
    )
    transport.close()

    const rc = await configure(maildir)
    await sync(rc)
    const imap = await ImapSession.open(suite, user)
    const fetched = await imap.fetchAll('INBOX')
    const files = await mailFiles(inbox)
    assert.equal(fetched.length, 2 * half)
    assert.equal(files.length, 2 * half)
    const subjects = fetched.map(({ body }) => /^Subject: message (\d+)/m.exec(body)?.[1])
    assert.equal(new Set(subjects).size, 2 * half)

    const status = await imap.command('STATUS INBOX (UIDNEXT MESSAGES UNSEEN)')
    const output = await sync(rc)
    assert.deepEqual(await mailFiles(inbox), files)
    assert.deepEqual(await imap.command('STATUS INBOX (UIDNEXT MESSAGES UNSEEN)'), status)
    assert.doesNotMatch(output, /[+*#][1-9]/)

    await imap.command('UID STORE 1:* +FLAGS.SILENT (\\Flagged)')
    await sync(rc)
    const flagged = (await mailFiles(inbox)).filter((name) => /:2,.*F/.test(name))
    assert.equal(flagged.length, 2 * half)
    await imap.close()
  },
)

function configure(maildir: string): Promise<string> {
  return scratch.write('mbsyncrc', [
    'IMAPStore far',
    'Host localhost',
    `Port ${suite.ports.imaps}`,
    `User ${user}`,
    `Pass ${password}`,
    'SSLType IMAPS',
    'SystemCertificates no',
    `CertificateFile ${suite.caFile}`,
    '',
    'MaildirStore near',
    `Path ${maildir}/`,
    `Inbox ${maildir}/INBOX`,
    'SubFolders Verbatim',
    '',
    'Channel all',
    'Far :far:',
    'Near :near:',
    'Patterns *',
    'Create Both',
    'Expunge Both',
    'SyncState *',
  ])
}

async function sync(rc: string): Promise<string> {
  const env = { HOME: scratch.folder }
  const { code, stdout, stderr } = await runProgram('mbsync', ['-c', rc, '-a'], { env })
  assert.equal(code, 0, `${stdout}\n${stderr}`)
  return stdout
}

async function mailFiles(inbox: string): Promise<readonly string[]> {
  const names = await Promise.all(['cur', 'new'].map((name) => readdir(path.join(inbox, name))))
  return names.flat().toSorted()
}
