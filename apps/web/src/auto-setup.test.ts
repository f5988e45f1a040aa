import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { after, before, test } from 'node:test'
import { autoconfigXml, autodiscoverXml, offerFor, paccJson } from '@posthouse/client-setup'
import type { Suite } from '@posthouse/testkit'
import { ask, startWeb } from './web.fixture.ts'

let suite: Suite
before(async () => {
  suite = await startWeb()
})
after(() => suite.stop())

const isp = '/mail/config-v1.1.xml'
const wellKnown = '/.well-known/autoconfig/mail/config-v1.1.xml'
const outlook = '/autodiscover/autodiscover.xml'

function outlookAsks(address: string): string {
  return (
    '<?xml version="1.0" encoding="utf-8"?>' +
    '<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006">' +
    `<Request><EMailAddress>${address}</EMailAddress><AcceptableResponseSchema>` +
    'http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a' +
    '</AcceptableResponseSchema></Request></Autodiscover>'
  )
}

test('Thunderbird finds the settings at all four places, with TLS and without', async () => {
  const wanted = autoconfigXml(offerFor(suite.config, 'example.test'))
  for (const plain of [false, true]) {
    for (const [host, path] of [
      ['autoconfig.example.test', isp],
      ['example.test', wellKnown],
      ['AutoConfig.Example.test.:443', isp.toUpperCase()],
    ] as const) {
      const answer = await ask(suite, `${path}?emailaddress=ada%40example.test`, { host, plain })
      assert.equal(answer.status, 200, `${host}${path}`)
      assert.equal(answer.headers['content-type'], 'text/xml; charset=utf-8')
      assert.equal(answer.headers['cache-control'], 'max-age=3600')
      assert.equal(answer.body, wanted)
      // K-9 does not say whose settings it wants.
      assert.equal((await ask(suite, path, { host, plain })).body, wanted)
    }
  }
})

test('a reader as strict as K-9, which does not say whose settings it wants, takes them', async () => {
  const { body } = await ask(suite, isp, { host: 'autoconfig.example.test', plain: true })
  const reader = fileURLToPath(import.meta.resolve('./strict-reader.fixture.py'))
  const read = (text: string) =>
    execFileSync('python3', [reader, 'ada@example.test'], {
      input: text,
      encoding: 'utf8',
      stdio: 'pipe',
    })
  const user = 'ada@example.test'
  assert.deepEqual(JSON.parse(read(body)), [
    ['imap', 'mail.example.test', 993, 'SSL', user],
    ['pop3', 'mail.example.test', 995, 'SSL', user],
    ['smtp', 'mail.example.test', 465, 'SSL', user],
    ['smtp', 'mail.example.test', 587, 'STARTTLS', user],
  ])
  // It is strict: one server of another kind, and it takes none.
  assert.throws(() => read(body.replace('STARTTLS', 'plain')), /no security plain/)
  assert.throws(() => read(body.replace('<port>995</port>', '')), /no port/)
})

test("the domain that the MX is in answers for every hosted domain, and for none that isn't", async () => {
  const host = 'autoconfig.example.test'
  const other = await ask(suite, `${isp}?emailaddress=bob@another.test`, { host })
  assert.equal(other.body, autoconfigXml(offerFor(suite.config, 'another.test')))
  const foreign = await ask(suite, `${isp}?emailaddress=eve@elsewhere.test`, { host })
  assert.equal(foreign.status, 404)
  // The server's own name, and its address, stand for no domain: what is asked about does.
  for (const own of ['mail.example.test', '127.0.0.1', '[::1]:2443', 'localhost:2443']) {
    const named = await ask(suite, `${isp}?emailaddress=bob@another.test`, { host: own })
    assert.equal(named.body, other.body, own)
    const unnamed = await ask(suite, isp, { host: own })
    assert.match(unnamed.body, /<emailProvider id="example\.test">/, own)
  }
})

test('an address that is not there gets the same answer, octet for octet', async () => {
  for (const path of [isp, wellKnown]) {
    const host = path === isp ? 'autoconfig.example.test' : 'example.test'
    const [known, unknown] = await Promise.all(
      ['ada', 'nobody'].map((name) =>
        ask(suite, `${path}?emailaddress=${name}%40example.test`, { host }),
      ),
    )
    const { date: _, ...headers } = known?.headers ?? {}
    const { date: __, ...others } = unknown?.headers ?? {}
    assert.deepEqual(headers, others)
    assert.equal(known?.body, unknown?.body)
  }
  const [known = '', unknown = ''] = await Promise.all(
    ['ada', 'nobody'].map(async (name) => {
      const body = outlookAsks(`${name}@example.test`)
      return (await ask(suite, outlook, { method: 'POST', body })).body
    }),
  )
  assert.equal(known.replaceAll('ada', 'nobody'), unknown)
})

test('classic Outlook gets the reference answer at every place, in whatever letters it asks', async () => {
  const wanted = autodiscoverXml(offerFor(suite.config, 'example.test'), 'ada@example.test')
  const body = outlookAsks('ada@example.test')
  for (const host of ['autodiscover.example.test', 'example.test', 'mail.example.test']) {
    for (const path of [
      outlook,
      '/AutoDiscover/AutoDiscover.xml',
      '/Autodiscover/Autodiscover.XML',
    ]) {
      const answer = await ask(suite, path, { host, method: 'POST', body })
      assert.equal(answer.status, 200)
      assert.equal(answer.headers['content-type'], 'text/xml; charset=utf-8')
      assert.equal(answer.body, wanted)
    }
  }
})

test('what is no request of Outlook is told so in its own words; a foreign domain is not found', async () => {
  const get = await ask(suite, outlook)
  assert.equal(get.status, 200)
  assert.match(get.body, /<ErrorCode>600<\/ErrorCode>/)
  const bomb =
    '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><EMailAddress>&c;@example.test</EMailAddress>'
  for (const body of ['', '<a/>', bomb, outlookAsks('no address'), outlookAsks('&lt;@')])
    assert.match((await ask(suite, outlook, { method: 'POST', body })).body, /ErrorCode>600</, body)
  const foreign = outlookAsks('eve@elsewhere.test')
  assert.equal((await ask(suite, outlook, { method: 'POST', body: foreign })).status, 404)
  const large = '<'.repeat(100_000)
  assert.equal((await ask(suite, outlook, { method: 'POST', body: large })).status, 413)
})

test('newer Outlooks are sent to the older answer, at the name of the server', async () => {
  const url = 'https://mail.example.test/autodiscover/autodiscover.xml'
  for (const path of [
    '/autodiscover/autodiscover.json?Email=ada@example.test&Protocol=AutodiscoverV1',
    '/Autodiscover/Autodiscover.json?Email=nobody@example.test&Protocol=autodiscoverv1',
    '/autodiscover/autodiscover.json/v1.0/ada%40example.test?Protocol=AutodiscoverV1',
  ]) {
    const answer = await ask(suite, path, { host: 'evil.example.net' })
    assert.equal(answer.status, 404, 'not for a name that is not ours')
    const right = await ask(suite, path, { host: 'autodiscover.example.test' })
    assert.deepEqual(JSON.parse(right.body), { Protocol: 'AutodiscoverV1', Url: url })
  }
  const path = '/autodiscover/autodiscover.json?Email=ada@example.test'
  const wrong = await ask(suite, `${path}&Protocol=ActiveSync`)
  assert.equal(wrong.status, 400)
  assert.equal((JSON.parse(wrong.body) as { ErrorCode: string }).ErrorCode, 'InvalidProtocol')
  assert.equal((await ask(suite, path)).status, 400)
  const foreign = path.replace('example.test', 'elsewhere.test')
  assert.equal((await ask(suite, `${foreign}&Protocol=AutodiscoverV1`)).status, 404)
})

test('PACC is served to its name, as the octets whose hash DNS has', async () => {
  const path = '/.well-known/user-agent-configuration.json'
  const answer = await ask(suite, path, { host: 'ua-auto-config.another.test' })
  assert.equal(answer.body, paccJson(offerFor(suite.config, 'another.test')))
  assert.equal(answer.headers['content-type'], 'application/json')
  assert.equal(
    (await ask(suite, path, { host: 'localhost' })).status,
    404,
    'the server itself has no addresses',
  )
})

test('HEAD says what GET would, and who has it already is told so', async () => {
  const host = 'autoconfig.example.test'
  const got = await ask(suite, isp, { host })
  const head = await ask(suite, isp, { host, method: 'HEAD' })
  assert.equal(head.status, 200)
  assert.equal(head.body, '')
  assert.equal(head.headers.etag, got.headers.etag)
  assert.ok(got.headers.etag !== undefined)
  const again = await ask(suite, isp, { host, headers: { 'if-none-match': got.headers.etag } })
  assert.equal(again.status, 304)
  assert.equal(again.body, '')
})
