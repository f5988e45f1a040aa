import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ImapSession } from './house/imap-session.ts'
import { password, ProcessSuite } from './house/process-suite.ts'
import { waitFor } from './house/wait-for.ts'

let suite: ProcessSuite

before(async () => {
  suite = await ProcessSuite.start({ env: { POSTHOUSE_RESOLVERS: '127.0.0.1:9' } })
})
after(() => suite.stop())

async function ok(args: readonly string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await suite.posthouse(args, input)
  assert.equal(code, 0, `${args.join(' ')}: ${stdout}${stderr}`)
  return stdout
}

async function refused(code: number, ...args: readonly string[]): Promise<string> {
  const ended = await suite.posthouse(args)
  assert.equal(ended.code, code, `${args.join(' ')}: ${ended.stdout}${ended.stderr}`)
  assert.equal(ended.stdout, '')
  return ended.stderr
}

test('a domain is added, listed and removed, and each refusal has its exit code', async () => {
  await ok(['domain', 'add', 'bücher.test'])
  const list = JSON.parse(await ok(['domain', 'list', '--json'])) as {
    items: readonly { domain: string }[]
  }
  assert.ok(list.items.some(({ domain }) => domain === 'xn--bcher-kva.test'))
  assert.match(await refused(6, 'domain', 'add', 'bücher.test'), /is there already/)
  await refused(2, 'domain', 'add', 'not a domain')
  await refused(5, 'domain', 'remove', 'no.test', '--confirm', 'no.test')
  assert.match(await refused(2, 'domain', 'remove', 'xn--bcher-kva.test'), /--confirm/)
  assert.match(await refused(6, 'domain', 'remove', 'example.test'), /still has/)
  await ok(['domain', 'remove', 'xn--bcher-kva.test', '--confirm', 'xn--bcher-kva.test'])
})

test('--dry-run changes nothing', async () => {
  await ok(['domain', 'add', 'dry.test', '--dry-run'])
  await ok(['account', 'add', 'dry@example.test', '--generate', '--dry-run'])
  await ok(['account', 'remove', 'you@example.test', '--dry-run'])
  assert.equal(await ok(['domain', 'list', '-q']), 'example.test\n')
  assert.equal(await ok(['account', 'list', '-q']), 'you@example.test\n')
})

test('an account gets a generated password that works, then another one that works instead', async () => {
  const made = JSON.parse(
    await ok(['account', 'add', 'ada@example.test', '--name', 'Ada', '--generate', '--json']),
  ) as { address: string; password: string }
  assert.equal(made.address, 'ada@example.test')
  const imap = await ImapSession.open(suite, 'ada@example.test', made.password)
  await ok(['account', 'passwd', 'ada@example.test', '--password-stdin'], `${password}\n`)
  // Sessions of the old password end.
  await waitFor('the session to end', () =>
    imap.command('NOOP').then(
      () => undefined,
      () => true,
    ),
  )
  await assert.rejects(ImapSession.open(suite, 'ada@example.test', made.password), /NO/)
  await (await ImapSession.open(suite, 'ada@example.test')).close()
  assert.match(await refused(6, 'account', 'add', 'ADA@example.test', '--generate'), /taken|there/)
  await refused(5, 'account', 'add', 'x@unknown.test', '--generate')
  assert.match(await refused(2, 'account', 'add', 'x@example.test'), /--generate/)
})

test('an alias leads where it says, in a list of ids and in fields', async () => {
  await ok(['alias', 'add', 'info@example.test', 'ada@example.test', 'you@example.test'])
  assert.equal(await ok(['alias', 'list', '-q']), 'info@example.test\n')
  assert.equal(
    await ok(['alias', 'list', '-o', 'plain', '--fields', 'targets,address']),
    'ada@example.test, you@example.test\tinfo@example.test\n',
  )
  await ok(['send-test', 'x@elsewhere.test', '--to', 'info@example.test'])
  const imap = await ImapSession.open(suite, 'ada@example.test')
  assert.equal(await imap.count('INBOX'), 1)
  await imap.close()
  assert.match(await refused(2, 'alias', 'remove', 'info@example.test'), /--yes/)
  await ok(['alias', 'remove', 'info@example.test', '--yes'])
  await refused(5, 'alias', 'remove', 'info@example.test', '--yes')
})

test('the store is checked, quotas are set and shown, mailboxes are listed and restored', async () => {
  assert.equal(await ok(['store', 'check']), '')
  const index = JSON.parse(await ok(['store', 'index', '--wait', '--json'])) as object
  assert.deepEqual(index, { schema: 'posthouse/v1', kind: 'SearchIndex', messages: 0, waiting: 0 })
  await ok(['account', 'add', 'full@example.test', '--generate'])
  await ok(['send-test', 'x@elsewhere.test', '--to', 'full@example.test'])
  await ok(['quota', 'set', 'full@example.test', '5G', '--messages', '1'])
  const { items } = JSON.parse(await ok(['quota', 'show', 'full@example.test', '--json'])) as {
    items: readonly { messages: number; messagesLimit: number; bytesLimit: number }[]
  }
  assert.deepEqual(
    items.map(({ messages, messagesLimit, bytesLimit }) => [messages, messagesLimit, bytesLimit]),
    [[1, 1, 5 * 1024 ** 3]],
  )
  await refused(2, 'quota', 'set', 'full@example.test', 'lots')
  await ok(['quota', 'set', 'example.test', '50G'])
  assert.match(await ok(['quota', 'show', 'example.test', '--json']), /"bytesLimit":53687091200/)
  await ok(['quota', 'set', 'example.test', 'none'])
  await refused(5, 'quota', 'show', 'elsewhere.test')
  await ok(['quota', 'set', 'full@example.test', 'none', '--messages', 'none'])
  await refused(5, 'mailbox', 'undelete', 'full@example.test', 'Nowhere')
  await refused(2, 'mailbox', 'undelete', 'full@example.test', 'INBOX', '--since', 'once')
  await ok(['mailbox', 'undelete', 'full@example.test', 'INBOX', '--since', '1h'])
  assert.match(await ok(['mailbox', 'list', 'full@example.test', '-q']), /^INBOX\n/)
  await refused(5, 'mailbox', 'restore', 'full@example.test', 'Never')
})

test('a removed account is listed, and restored with its mail', async () => {
  await refused(5, 'account', 'restore', 'full@example.test')
  await ok(['account', 'remove', 'full@example.test', '--confirm', 'full@example.test'])
  await refused(5, 'quota', 'show', 'full@example.test')
  assert.match(await ok(['account', 'list', '--removed', '-q']), /^full@example\.test\n/)
  await ok(['account', 'restore', 'full@example.test', '--dry-run'])
  await ok(['account', 'restore', 'full@example.test'])
  const { items } = JSON.parse(await ok(['quota', 'show', 'full@example.test', '--json'])) as {
    items: readonly { messages: number }[]
  }
  assert.equal(items[0]?.messages, 1)
  await refused(5, 'account', 'restore', 'full@example.test')
  await ok(['account', 'remove', 'full@example.test', '--confirm', 'full@example.test'])
})

test('settings of an account are shown and changed, and wrong ones refused with the right ones', async () => {
  const set = ['account', 'set', 'you@example.test']
  const values = async () => {
    const { items } = JSON.parse(await ok([...set, '--json'])) as {
      items: readonly { setting: string; value: string | number }[]
    }
    return Object.fromEntries(items.map(({ setting, value }) => [setting, value]))
  }
  const usual = await values()
  await ok([...set, 'pop3.delete=trash', 'pop3.login-delay=60'])
  assert.deepEqual(await values(), { ...usual, 'pop3.delete': 'trash', 'pop3.login-delay': 60 })
  await ok([...set, 'pop3.delete=hide', '--dry-run'])
  await ok([...set, 'pop3.login-delay='])
  assert.deepEqual(await values(), { ...usual, 'pop3.delete': 'trash' })
  assert.match(await refused(2, ...set, 'pop3.delete=shred'), /expunge, trash, hide/)
  assert.match(await refused(2, ...set, 'pop3.colour=red'), /pop3\.delete/)
  await refused(2, ...set, 'pop3.delete')
  await refused(5, 'account', 'set', 'nobody@example.test', 'pop3.seen=yes')
  assert.deepEqual(await values(), { ...usual, 'pop3.delete': 'trash' })
})

test('send-test says what the server said when it refuses, and when it is not over yet', async () => {
  const to = ['--to', 'nobody@example.test']
  assert.match(await refused(1, 'send-test', 'you@example.test', ...to), /550 5\.1\.1/)
  const away = ['--to', 'x@elsewhere.test', '--timeout', '0', '--json']
  const pending = await suite.posthouse(['send-test', 'you@example.test', ...away])
  assert.equal(pending.code, 8)
  const { state } = JSON.parse(pending.stdout) as { state: string }
  assert.ok(state === 'waiting' || state === 'active', state)
  const { error } = JSON.parse(pending.stderr) as { error: { code: string } }
  assert.equal(error.code, 'send_test.pending')
})

test('removing an account ends its sessions and refuses its mail', async () => {
  const imap = await ImapSession.open(suite, 'ada@example.test')
  await ok(['account', 'remove', 'ada@example.test', '--confirm', 'ada@example.test'])
  await waitFor('the session to end', () =>
    imap.command('NOOP').then(
      () => undefined,
      () => true,
    ),
  )
  assert.match(await refused(1, 'send-test', 'x@y.test', '--to', 'ada@example.test'), /550 5\.1\.1/)
})
