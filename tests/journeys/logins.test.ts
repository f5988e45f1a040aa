import assert from 'node:assert/strict'
import { rename } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { descendantsOf } from '../faults/process-tree.ts'
import { password, ProcessSuite } from './house/process-suite.ts'
import { attemptSignIn } from './house/sign-in-attempt.ts'
import { waitFor } from './house/wait-for.ts'

const ada = 'ada@example.test'
let suite: ProcessSuite
before(async () => {
  suite = await ProcessSuite.start()
  await suite.account(ada)
})
after(() => suite.stop())

interface Tested {
  readonly protocol: string
  readonly ok: boolean
  readonly cause: string
  readonly says: string
}

/** Tries a sign-in, which must end with this code; a verdict for each protocol. */
async function tested(
  code: number,
  secret: string,
  protocol?: string,
): Promise<Readonly<Record<string, Tested>>> {
  const more = protocol === undefined ? [] : ['--protocol', protocol]
  const args = ['account', 'test-login', ada, '--password-stdin', '--json', ...more]
  const ended = await suite.posthouse(args, `${secret}\n`)
  assert.equal(ended.code, code, ended.stdout + ended.stderr)
  const { items } = JSON.parse(ended.stdout) as { items: readonly Tested[] }
  return Object.fromEntries(items.map((item) => [item.protocol, item]))
}

async function ok(line: string, input?: string): Promise<string> {
  const { code, stdout, stderr } = await suite.posthouse(line.split(' '), input)
  assert.equal(code, 0, `${line}: ${stdout}${stderr}`)
  return stdout
}

async function failuresFromHere(): Promise<readonly unknown[]> {
  const report = JSON.parse(await ok('ban why 127.0.0.1 --json')) as {
    failures: readonly unknown[]
  }
  return report.failures
}

test('test-login signs in over each listener, with TLS as a mail program looks at it', async () => {
  const verdicts = await tested(0, password)
  assert.deepEqual(Object.keys(verdicts), ['imap', 'pop3', 'submission'])
  for (const { ok: isOk, cause, says } of Object.values(verdicts)) {
    assert.ok(isOk)
    assert.equal(cause, 'none')
    assert.match(says, /^Signed in \(TLSv1\.3, certificate until 20\d\d-\d\d-\d\d\)$/)
  }
  const logins = await waitFor('the sign-ins to be recorded', async () => {
    const { items } = JSON.parse(await ok(`account logins ${ada} --json`)) as {
      items: readonly { protocol: string; result: string; client: string }[]
    }
    return items.length === 3 ? items : undefined
  })
  assert.ok(logins.every(({ result, client }) => result === 'ok' && client === '127.0.0.1'))
})

test('a wrong password is told as one, and counts against nobody who signs in from this machine', async () => {
  for (const { cause, says } of Object.values(await tested(3, 'not-this-one'))) {
    assert.equal(cause, 'password')
    assert.equal(says, 'Wrong password')
  }
  assert.deepEqual(await failuresFromHere(), [])
  // What a real attempt does to the count, so that the line above means something.
  await attemptSignIn(suite, 'imaps', ada, 'not-this-one')
  assert.ok((await failuresFromHere()).length > 0)
  await ok('ban remove 127.0.0.1')
  const failed = await waitFor('the failure to be recorded', async () => {
    const out = await ok(`account logins ${ada} --failed --json`)
    const { items } = JSON.parse(out) as { items: readonly { reason: string; times: number }[] }
    return items.length > 0 ? items : undefined
  })
  assert.deepEqual(
    failed.map(({ reason, times }) => [reason, times]),
    [['wrong password', 1]],
  )
})

test('what is in the way is named: the protocol, the ban, the account', async () => {
  const made = JSON.parse(
    await ok(`app-password create ${ada} --name Phone --protocols imap --json`),
  ) as { password: string }
  const verdicts = await tested(3, made.password)
  assert.deepEqual(
    Object.values(verdicts).map(({ cause }) => cause),
    ['none', 'protocol', 'protocol'],
  )
  await ok('ban add 127.0.0.1 --yes')
  for (const { cause, says } of Object.values(await tested(3, password))) {
    assert.equal(cause, 'throttled-banned')
    assert.match(says, /127\.0\.0\.1 is banned/)
  }
  await ok('ban remove 127.0.0.1')
  await ok(`account disable ${ada}`)
  assert.equal((await tested(3, password, 'smtp'))['submission']?.cause, 'disabled')
  // A wrong one stays wrong: nobody learns here that the account is there.
  assert.equal((await tested(3, 'not-this-one', 'imap'))['imap']?.cause, 'password')
  await ok(`account enable ${ada}`)
  assert.equal((await tested(0, password, 'imap'))['imap']?.cause, 'none')
  const nobody = ['account', 'test-login', 'nobody@example.test', '--password-stdin']
  assert.equal((await suite.posthouse(nobody, 'x\n')).code, 5)
  assert.equal((await suite.posthouse(['account', 'test-login', ada])).code, 2)
})

test('a full account signs in, and it is told that its mail is put off', async () => {
  await ok(`send-test postmaster@example.test --to ${ada}`)
  await ok(`quota set ${ada} 1`)
  const { imap } = await tested(0, password, 'imap')
  assert.equal(imap?.cause, 'over-quota')
  await ok(`quota set ${ada} none`)
})

test('a certificate that no mail program would believe is the cause, not the password', async (t) => {
  await rename(suite.caFile, `${suite.caFile}.away`)
  t.after(() => rename(`${suite.caFile}.away`, suite.caFile))
  const { imap } = await tested(3, password, 'imap')
  assert.equal(imap?.cause, 'certificate')
  assert.match(imap.says, /authority is not known/)
})

test('a database that is away is the cause, and no password is called wrong', async (t) => {
  const postgres = await suite.pidOf('postgres')
  suite.process.kill('SIGSTOP')
  t.after(() => suite.process.kill('SIGCONT'))
  for (const pid of [postgres, ...(await descendantsOf(postgres))]) process.kill(pid, 'SIGKILL')
  for (const secret of [password, 'not-this-one'])
    for (const { cause, says } of Object.values(await tested(7, secret))) {
      assert.equal(cause, 'database')
      assert.doesNotMatch(says, /^Wrong/)
    }
})

test('a server that does not run is the cause', async () => {
  await waitFor('the database to be back', async () =>
    (await suite.posthouse(['account', 'list', '-q'])).code === 0 ? true : undefined,
  )
  await suite.down()
  const { pop3 } = await tested(7, password, 'pop3')
  assert.equal(pop3?.cause, 'listener')
  assert.match(pop3.says, /Nothing listens on 127\.0\.0\.1/)
})
