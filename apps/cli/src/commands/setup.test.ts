import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { freshDatabase, type FreshDatabase } from '@posthouse/testkit'
import { runPosthouse } from '../testing/command-house.ts'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))
let folder: string
let fresh: FreshDatabase

before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'setup-'))
  fresh = await freshDatabase()
})
after(async () => {
  await fresh.drop()
  await rm(folder, { recursive: true, force: true })
})

/** Ports that nobody has: the system chooses when a server listens. */
const environment = {
  POSTHOUSE_UNSAFE_DB: '1',
  ...Object.fromEntries(
    ['MX', 'SUBMISSION', 'SUBMISSIONS', 'IMAP', 'IMAPS', 'POP3', 'POP3S', 'HTTP', 'HTTPS'].map(
      (name) => [`POSTHOUSE_PORT_${name}`, '0'],
    ),
  ),
}

function setupArgs(data: string): readonly string[] {
  return [
    'setup',
    '--domain',
    'example.org',
    '--data',
    data,
    '--database',
    fresh.url,
    '--skip-network',
  ]
}

test('setup makes everything, says the password once, and can be run again', async () => {
  const data = path.join(folder, 'one')
  const first = await runPosthouse(environment, setupArgs(data))
  assert.equal(first.code, 0, first.stderr)
  const [, password = ''] = /Password of you@example\.org: (\S+)/.exec(first.stderr) ?? []
  assert.match(first.stderr, /Next: posthouse up[^]*posthouse dns records example\.org/)
  assert.equal(first.stderr.includes(fresh.url), false)
  const login = path.join(data, 'first-login')
  assert.equal(await readFile(login, 'utf8'), `you@example.org\n${password}\n`)
  assert.equal((await stat(login)).mode & 0o777, 0o600)
  const config = await readFile(path.join(data, 'posthouse.toml'), 'utf8')
  assert.ok(config.split('\n').length <= 25)
  assert.match(config, /^hostname = "mail\.example\.org"$/m)
  assert.equal((await stat(path.join(data, 'posthouse.toml'))).mode & 0o777, 0o600)
  assert.equal((await stat(path.join(data, 'secret-key'))).mode & 0o777, 0o600)

  const again = await runPosthouse(environment, setupArgs(data))
  assert.equal(again.code, 0, again.stderr)
  assert.equal(again.stderr.includes('Password of'), false)
  assert.match(again.stderr, /is left as it is[^]*was there/)
  assert.equal(await readFile(path.join(data, 'posthouse.toml'), 'utf8'), config)
  const there = ['--config', path.join(data, 'posthouse.toml')]
  const keys = await runPosthouse(environment, [
    'dns',
    'records',
    'example.org',
    '--offline',
    ...there,
  ])
  assert.equal(keys.stdout.match(/_domainkey/g)?.length, 2, keys.stdout + keys.stderr)

  const renamed = await runPosthouse(environment, [
    ...setupArgs(data),
    '--hostname',
    'mx.example.org',
  ])
  assert.equal(renamed.code, 6)
  assert.match(renamed.stderr, /says that this server is mail\.example\.org/)
})

test('a setup that is killed is finished by the next one, with the password that was written down', async () => {
  const own = await freshDatabase()
  const data = path.join(folder, 'killed')
  const args = setupArgs(data).map((arg) => (arg === fresh.url ? own.url : arg))
  const env = { ...process.env, ...environment, NO_COLOR: '1' }
  // Killed at ever later moments, until one is let through.
  for (const ms of [600, 1_000, 1_400, 1_800, 2_200]) {
    const child = spawn(process.execPath, ['--conditions=@posthouse/source', main, ...args], {
      env,
      stdio: 'ignore',
    })
    const timer = setTimeout(() => child.kill('SIGKILL'), ms)
    await once(child, 'exit')
    clearTimeout(timer)
  }
  const last = await runPosthouse(environment, args)
  assert.equal(last.code, 0, last.stderr)
  const [address, password = ''] = (await readFile(path.join(data, 'first-login'), 'utf8')).split(
    '\n',
  )
  assert.equal(address, 'you@example.org')
  const { openStore } = await import('@posthouse/store')
  const { Secret } = await import('@posthouse/config')
  const store = await openStore({ database: own.url, app: 'test', unsafe: true })
  const signedIn = await store.accounts.authenticate('you@example.org', new Secret(password), {
    protocol: 'imap',
    address: '127.0.0.1',
  })
  await store.close()
  await own.drop()
  assert.ok(signedIn.ok)
})

test('answers may stand in a file, and what is wrong with them is said before anything is made', async () => {
  const data = path.join(folder, 'answers')
  const file = path.join(folder, 'answers.toml')
  const where = ['--data', data, '--answers', file, '--skip-network']
  for (const [text, words] of [
    ['hostname = "mail.example.org"', /domain is missing/],
    ['domain = "example"', /no name such as/],
    ['domain = "example.org"\naccount = "you@other.org"', /no address of example\.org/],
    ['domain = "example.org"\ncolour = "red"', /"colour" is no question/],
    ['domain = "example.org"\ncert = "/nowhere.pem"', /--cert and --key/],
    ['domain = "example.org"\ndatabase = "mysql://x"', /is no database/],
  ] as const) {
    await writeFile(file, text)
    const refused = await runPosthouse(environment, ['setup', ...where])
    assert.equal(refused.code, 2, text)
    assert.match(refused.stderr, words)
  }
  await assert.rejects(stat(data), /ENOENT/)
})

test('certificates from an authority are asked for in one word, and stand in the file', async () => {
  const data = path.join(folder, 'acme')
  const args = [...setupArgs(data), '--tls', 'acme', '--acme-email', 'ada@elsewhere.test']
  const ended = await runPosthouse(environment, args)
  assert.equal(ended.code, 0, ended.stderr)
  assert.match(ended.stderr, /certificates will come from acme-v02\.api\.letsencrypt\.org/)
  const config = await readFile(path.join(data, 'posthouse.toml'), 'utf8')
  assert.match(config, /\[tls\]\nsource = "acme"\nacme_email = "ada@elsewhere\.test"\n/)
  const file = path.join(folder, 'answers.toml')
  await writeFile(file, `domain = "example.org"\ntls = "acme"\nacme-email = "bob@elsewhere.test"\n`)
  const answered = path.join(folder, 'answered')
  const rest = ['--database', fresh.url, '--skip-network']
  const second = await runPosthouse(environment, [
    'setup',
    '--answers',
    file,
    '--data',
    answered,
    ...rest,
  ])
  assert.equal(second.code, 0, second.stderr)
  const text = await readFile(path.join(answered, 'posthouse.toml'), 'utf8')
  assert.match(text, /acme_email = "bob@elsewhere\.test"/)
})

test('answers about certificates that do not go together are refused, and nothing is made', async () => {
  const data = path.join(folder, 'refused')
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['--tls', 'letsencrypt'], /acme, files or self-signed/],
    [['--tls', 'files'], /needs --cert and --key/],
    [['--tls', 'acme', '--cert', '/c', '--key', '/k'], /takes no --cert and --key/],
    [['--tls', 'self-signed', '--acme-email', 'a@b.test'], /--acme-email is for --tls acme/],
  ]
  for (const [more, message] of cases) {
    const { code, stderr } = await runPosthouse(environment, [...setupArgs(data), ...more])
    assert.equal(code, 2)
    assert.match(stderr, message)
  }
  await assert.rejects(stat(data))
})
