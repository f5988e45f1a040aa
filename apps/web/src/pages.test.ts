import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Secret } from '@posthouse/config'
import { testActor, type Suite } from '@posthouse/testkit'
import { ask, startWeb } from './web.fixture.ts'

let suite: Suite
before(async () => {
  suite = await startWeb({ clients: { name: 'Example & Sons' } })
})
after(() => suite.stop())

async function link(): Promise<string> {
  const request = { account: 'ada@example.test', name: 'Phone <b>' }
  const made = await suite.store.profileLinks.create(request, testActor)
  assert.ok(made.ok)
  return `/profile/${made.token.reveal()}`
}

function press(path: string, as: string) {
  return ask(suite, path, {
    method: 'POST',
    body: `as=${as}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
}

async function namesOfPasswords(): Promise<readonly string[]> {
  const list = (await suite.store.appPasswords.list('ada@example.test')) ?? []
  return list.map(({ name }) => name)
}

test('the help page tells the settings of an address, whether it is there or not', async () => {
  const [known, unknown] = await Promise.all(
    ['ada', 'nobody'].map((name) => ask(suite, `/setup?address=${name}%40example.test`)),
  )
  assert.equal(known?.status, 200)
  assert.equal(known.headers['content-type'], 'text/html; charset=utf-8')
  assert.equal(known.body.replaceAll('ada@', 'nobody@'), unknown?.body)
  assert.match(known.body, /<code data-copy="Hostname">mail\.example\.test<\/code>/)
  assert.match(known.body, /<title>Set up your mail · Example &amp; Sons<\/title>/)
})

test('browsers that saw a page over TLS come back over TLS, where the ports are those of the world', async () => {
  const told = (await ask(suite, '/setup')).headers['strict-transport-security']
  assert.equal(told, 'max-age=86400')
  const plain = await ask(suite, '/setup', { plain: true })
  assert.equal(plain.headers['strict-transport-security'], undefined)
})

test('what is typed into the page stays text', async () => {
  const evil = '"><script>alert(1)</script>@example.test'
  for (const address of [evil, `<img src=x onerror=1>`, `a'b"c@example.test`, '\u0000']) {
    const { body } = await ask(suite, `/setup?address=${encodeURIComponent(address)}`)
    assert.doesNotMatch(body, /<script>|<img|onerror=1>[^"]/)
    assert.equal((body.match(/<script /g) ?? []).length, 1)
  }
  const { body } = await ask(suite, '/setup?address=eve%40elsewhere.test')
  assert.match(body, /“eve@elsewhere\.test” is not an address of this server/)
})

test('a page refers to nothing elsewhere, and what it refers to is there for ever', async () => {
  const { body } = await ask(suite, '/setup')
  const links = [...body.matchAll(/(?:href|src|action)="([^"]*)"/g)].map((match) => match[1] ?? '')
  assert.deepEqual(
    links.filter((each) => !each.startsWith('/') || each.startsWith('//')),
    [],
  )
  for (const path of links.filter((each) => each.startsWith('/assets/'))) {
    const answer = await ask(suite, path)
    assert.equal(answer.status, 200, path)
    assert.match(String(answer.headers['cache-control']), /immutable/)
  }
  assert.doesNotMatch(body, / style=| on\w+=|<style/)
})

test('the start leads to the help page, and nowhere else', async () => {
  const answer = await ask(suite, '/')
  assert.equal(answer.status, 302)
  assert.equal(answer.headers.location, '/setup')
})

test('a profile link is used up by its button alone, once, and its profile is signed', async (t) => {
  const path = await link()
  const earlier = await namesOfPasswords()
  for (const method of ['GET', 'HEAD', 'GET']) {
    const shown = await ask(suite, path, { method })
    assert.equal(shown.status, 200)
    assert.equal(shown.headers['cache-control'], 'no-store')
    if (method === 'GET') assert.match(shown.body, /ada@example\.test.*Phone &lt;b&gt;/s)
  }
  assert.equal((await press(path, 'nothing')).status, 404)
  assert.deepEqual(await namesOfPasswords(), earlier)

  const folder = await mkdtemp(join(tmpdir(), 'web-profile-'))
  t.after(() => rm(folder, { recursive: true }))
  const { signed, type } = await fetchProfile(path)
  assert.equal(type, 'application/x-apple-aspen-config')
  await writeFile(join(folder, 'signed'), signed)
  await writeFile(join(folder, 'ca.pem'), suite.ca)
  const trust = ['-CAfile', 'ca.pem', '-purpose', 'any', '-binary']
  const options = { cwd: folder, encoding: 'utf8', stdio: 'pipe' } as const
  const verify = ['cms', '-verify', '-inform', 'DER', '-in', 'signed', ...trust]
  const profile = execFileSync('openssl', verify, options)
  const password = /<key>IncomingPassword<\/key><string>([^<]+)/.exec(profile)?.[1] ?? ''
  const context = { protocol: 'imap', address: '192.0.2.1' } as const
  const login = await suite.store.accounts.authenticate(
    'ada@example.test',
    new Secret(password),
    context,
  )
  assert.ok(login.ok, 'the password in the profile opens the mailbox')

  const again = await press(path, 'profile')
  assert.equal(again.status, 410)
  assert.match(again.body, /This link is over/)
  assert.equal((await ask(suite, path)).status, 410)
})

/** Octets, not text. */
async function fetchProfile(path: string): Promise<{ signed: Buffer; type: string }> {
  const { request } = await import('node:https')
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port: suite.port('https'),
        path,
        method: 'POST',
        headers: { host: 'mail.example.test' },
        ca: suite.ca,
        servername: 'mail.example.test',
        agent: false,
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () =>
          resolve({
            signed: Buffer.concat(chunks),
            type: String(response.headers['content-type']),
          }),
        )
      },
    )
    sent.on('error', reject)
    sent.end('as=profile')
  })
}

test('any other device is shown the settings with its new password, this once', async () => {
  const path = await link()
  const shown = await press(path, 'settings')
  assert.equal(shown.status, 200)
  assert.equal(shown.headers['cache-control'], 'no-store')
  assert.match(shown.body, /<code data-copy="Password">(\w{4}-){6}\w{4}<\/code>/)
  assert.equal((await press(path, 'settings')).status, 410)
})

test('the path of a profile link is not logged', async () => {
  const path = await link()
  await ask(suite, path)
  assert.ok(suite.logTail().some((line) => line.includes('profile')))
  assert.ok(!suite.logTail().some((line) => line.includes(path.slice('/profile/'.length))))
})

test('where no profile can be made, the password that is made by then is shown', async () => {
  const { publicPorts } = suite.config.clients
  const readOnly = await startWeb({
    clients: { publicPorts: { ...publicPorts, submission: 0, submissions: 0 } },
  })
  try {
    const request = { account: 'ada@example.test', name: 'Phone' }
    const made = await readOnly.store.profileLinks.create(request, testActor)
    assert.ok(made.ok)
    const shown = await ask(readOnly, `/profile/${made.token.reveal()}`, {
      method: 'POST',
      body: 'as=profile',
    })
    assert.equal(shown.status, 200)
    assert.match(shown.body, /<code data-copy="Password">(\w{4}-){6}\w{4}<\/code>/)
  } finally {
    await readOnly.stop()
  }
})
