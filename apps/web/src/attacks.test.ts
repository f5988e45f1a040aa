import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { zoneResolver, Zone } from '@posthouse/dns'
import { silentLog } from '@posthouse/telemetry'
import type { Suite } from '@posthouse/testkit'
import { houseOf } from './house.ts'
import { limits } from './limits.ts'
import { requestListener } from './router.ts'
import { routes } from './routes/index.ts'
import { ask, startWeb } from './web.fixture.ts'

let suite: Suite
before(async () => {
  suite = await startWeb()
})
after(() => suite.stop())

/** Sends octets to the plain port, and gives all that comes back. */
function raw(octets: string, port = suite.port('http')): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(octets))
    let said = ''
    socket.on('data', (chunk) => (said += chunk.toString('latin1')))
    socket.on('close', () => resolve(said))
    socket.on('error', reject)
  })
}

/** The same routes as strangers from outside meet them, on a port of their own. */
async function forStrangers(work: (port: number) => Promise<void>): Promise<void> {
  const { config, store, tls } = suite
  const resolver = zoneResolver(new Zone(''))
  const house = {
    ...houseOf({ config, store, tls, log: silentLog, resolver }),
    peerOf: () => ({ address: '192.0.2.1', isLoopback: false, isTls: false, isPrivate: false }),
  }
  const server: Server = createServer(requestListener(house, routes))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await work((server.address() as AddressInfo).port)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

function get(path: string, host: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`
}

test('what is not there is told in a line of text, never in a page', async () => {
  for (const host of ['mail.example.test', 'example.test', 'autoconfig.example.test']) {
    for (const path of [
      '/nothing',
      '/mail/config-v1.0.xml',
      '/.well-known/',
      '/%00',
      '/a%0d%0ab',
    ]) {
      const answer = await ask(suite, path, { host })
      assert.equal(answer.status, 404, path)
      assert.equal(answer.headers['content-type'], 'text/plain; charset=utf-8')
      assert.equal(answer.body, 'Not found.\n')
    }
  }
  const posted = await ask(suite, '/robots.txt', { method: 'POST', body: 'a=b' })
  assert.equal(posted.status, 404)
})

test('a path leads to no file, however it is written', async () => {
  for (const path of [
    '/../../../../etc/passwd',
    '/assets/../../package.json',
    '/assets/..%2f..%2fpackage.json',
    '/assets/%2e%2e/%2e%2e/package.json',
    '/assets/....//package.json',
    '/.well-known/acme-challenge/../../etc/passwd',
    '/.well-known/acme-challenge/..%2f..%2fetc%2fpasswd',
    '//etc/passwd',
  ]) {
    const said = await raw(get(path, 'mail.example.test'))
    assert.match(said, /^HTTP\/1\.1 40[04] /, path)
    assert.doesNotMatch(said, /root:|"name"/)
  }
})

test('names that are not ours, or no names, get nothing', async () => {
  const path = '/mail/config-v1.1.xml'
  for (const host of [
    'evil.example.net',
    'autoconfig.elsewhere.test',
    'autoconfig.example.test.evil.net',
    'autoconfig.test',
    'test',
    'a'.repeat(300),
    'exa mple.test',
    'ada@example.test',
    "x'; DROP TABLE domain; --",
    '127.7.7.7.0.0.1',
    '1.2.3.4.5:80',
    '0x7f.1',
    '..',
    '',
  ]) {
    const said = await raw(get(path, host))
    assert.match(said, /^HTTP\/1\.1 (400|404) /, host)
  }
  assert.match(await raw(`GET ${path} HTTP/1.1\r\n\r\n`), /^HTTP\/1\.1 400 /)
  const two = `GET ${path} HTTP/1.1\r\nHost: evil.test\r\nHost: example.test\r\nConnection: close\r\n\r\n`
  assert.match(await raw(two), /^HTTP\/1\.1 40[04] /)
})

test('nobody is sent elsewhere by what the request says', async () => {
  await forStrangers(async (port) => {
    const sent = `GET /autodiscover/autodiscover.xml HTTP/1.1\r\nHost: example.test\r\nX-Forwarded-Host: evil.test\r\nConnection: close\r\n\r\n`
    const said = await raw(sent, port)
    assert.match(said, /^HTTP\/1\.1 302 /)
    assert.match(
      said,
      /\r\nlocation: https:\/\/mail\.example\.test\/autodiscover\/autodiscover\.xml\r\n/,
    )
    for (const path of ['//evil.test/', '//evil.test/setup', '/\\evil.test', '/setup?//evil.test'])
      assert.doesNotMatch(await raw(get(path, 'example.test'), port), /location: [^\r]*evil/i, path)
  })
})

test('header fields cannot be injected', async () => {
  const path = '/mail/config-v1.1.xml?emailaddress=a%0d%0aSet-Cookie:x=y@example.test'
  for (const said of [
    await raw(get(path, 'autoconfig.example.test')),
    await raw(get('/setup%0d%0aSet-Cookie:%20x=y', 'example.test')),
    await raw(get('/profile/%0d%0aSet-Cookie:%20x=y', 'example.test')),
  ])
    assert.doesNotMatch(said, /set-cookie/i)
})

test('what must be private is not given to strangers without TLS', async () => {
  await forStrangers(async (port) => {
    for (const path of ['/.well-known/user-agent-configuration.json', '/.well-known/mta-sts.txt'])
      assert.match(await raw(get(path, 'example.test'), port), /^HTTP\/1\.1 404 /, path)
  })
})

test('a stranger who asks too often is put off, with the time to come again', async () => {
  await forStrangers(async (port) => {
    const socket = connect(port, '127.0.0.1')
    let said = ''
    socket.on('data', (chunk) => (said += chunk.toString('latin1')))
    const request = 'GET /robots.txt HTTP/1.1\r\nHost: example.test\r\n\r\n'
    socket.write(request.repeat(limits.requestsPerMinute + 20))
    const deadline = Date.now() + 60_000
    while (!/ 429 /.test(said) && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 20))
    socket.destroy()
    assert.match(said, /HTTP\/1\.1 429 [\s\S]*retry-after: 60/)
    assert.ok((said.match(/HTTP\/1\.1 200 /g) ?? []).length >= limits.requestsPerMinute)
  })
})

test('headers without end, and pages of them, end the connection', async () => {
  const long = `GET / HTTP/1.1\r\nHost: example.test\r\nX: ${'x'.repeat(limits.headerBytes)}\r\n\r\n`
  assert.match(await raw(long), /^HTTP\/1\.1 431 /)
  const smuggled =
    'POST /autodiscover/autodiscover.xml HTTP/1.1\r\nHost: example.test\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
  assert.match(await raw(smuggled), /^HTTP\/1\.1 400 /)
  assert.match(await raw('\x16\x03\x01\x00\x00 hello\r\n\r\n'), /^HTTP\/1\.1 400 /)
})

test('a body that is larger than it should be is not taken in, whatever is said of its length', async () => {
  const head = 'POST /autodiscover/autodiscover.xml HTTP/1.1\r\nHost: example.test\r\n'
  const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`
  const chunked = `${head}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n${chunk.repeat(3)}`
  assert.match(await raw(chunked), /^HTTP\/1\.1 413 /)
  const small = `${head}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\n<a>\r\n0\r\n\r\n`
  assert.match(await raw(small), /^HTTP\/1\.1 200 [^]*ErrorCode>600</)
  const none = `${head}Connection: close\r\n\r\n`
  assert.match(await raw(none), /^HTTP\/1\.1 200 [^]*ErrorCode>600</)
})

test('a peer that sends its request drop by drop is cut off', async () => {
  const began = Date.now()
  const said = await new Promise<string>((resolve) => {
    const socket: Socket = connect(suite.port('http'), '127.0.0.1')
    let text = ''
    socket.write('GET / HTTP/1.1\r\nHost: example.test\r\n')
    const drip = setInterval(() => socket.write('X: y\r\n'), 500)
    socket.on('data', (chunk) => (text += chunk.toString('latin1')))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearInterval(drip)
      resolve(text)
    })
  })
  assert.match(said, /^HTTP\/1\.1 408 |^$/)
  assert.ok(Date.now() - began >= limits.headerMs - 1000)
})

test('every answer says what browsers may do with it, and sets no cookie', async () => {
  for (const path of ['/robots.txt', '/nothing', '/mail/config-v1.1.xml']) {
    const { headers } = await ask(suite, path, { host: 'example.test' })
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['x-frame-options'], 'DENY')
    assert.equal(headers['referrer-policy'], 'no-referrer')
    assert.match(
      String(headers['content-security-policy']),
      /^default-src 'none'; style-src 'self'; script-src 'self'/,
    )
    assert.doesNotMatch(String(headers['content-security-policy']), /unsafe|https?:|data:/)
    assert.equal(headers['set-cookie'], undefined)
    assert.equal(headers['x-powered-by'], undefined)
    assert.equal(headers['server'], undefined)
  }
})

test('while the database is away what is known is still answered, and the rest later', async (t) => {
  const other = await startWeb()
  t.after(() => other.stop())
  const path = '/mail/config-v1.1.xml'
  const host = 'autoconfig.example.test'
  assert.equal((await ask(other, path, { host })).status, 200)
  await other.loseDatabase()
  assert.equal((await ask(other, path, { host })).status, 200)
  const unknown = await ask(other, path, { host: 'autoconfig.another.test' })
  assert.equal(unknown.status, 503)
  assert.equal(unknown.headers['retry-after'], '60')
})
