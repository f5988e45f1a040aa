import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { decode, encode } from 'dns-packet'
import { AnswerCache } from './answer-cache.ts'
import { reverseName } from './names.ts'
import type { Answer } from './resolver.ts'
import { createResolver } from './system-resolver.ts'
import { Zone } from './zone.ts'
import { zoneResolver } from './zone-resolver.ts'

const zone = new Zone(`
# a domain with everything
example.test        MX    20 mx2.example.test
example.test        MX    10 mx1.example.test.
example.test        TXT   "v=spf1 -all"   # text
mx1.example.test    A     192.0.2.1
mx1.example.test    AAAA  2001:db8::1
www.example.test    CNAME mx1.example.test
null.test           MX    0 .
broken.test         FAIL
1.2.0.192.in-addr.arpa PTR mx1.example.test
`)

test('a zone answers with values for every outcome', async () => {
  const resolver = zoneResolver(zone)
  const mx = await resolver.mx('Example.Test.')
  assert.deepEqual(mx.kind === 'records' ? mx.records : [], [
    { preference: 10, exchange: 'mx1.example.test' },
    { preference: 20, exchange: 'mx2.example.test' },
  ])
  assert.deepEqual(await resolver.mx('nowhere.test'), { kind: 'nxdomain' })
  assert.deepEqual(await resolver.a('example.test'), { kind: 'nodata' })
  assert.equal((await resolver.a('test')).kind, 'nodata')
  assert.equal((await resolver.a('broken.test')).kind, 'temporary')
  assert.deepEqual(recordsOf(await resolver.a('www.example.test')), ['192.0.2.1'])
  assert.deepEqual(recordsOf(await resolver.txt('example.test')), ['v=spf1 -all'])
  assert.deepEqual(recordsOf(await resolver.ptr('192.0.2.1')), ['mx1.example.test'])
  assert.deepEqual(recordsOf(await resolver.mx('null.test')), [{ preference: 0, exchange: '' }])
})

test('a zone line that is none is an error with its number', () => {
  assert.throws(() => new Zone('a.test A 192.0.2.1\nwhat is this?'), /zone line 2/)
})

test('the system resolver tells NXDOMAIN, NODATA and failures apart, and asks once', async () => {
  const server = createSocket('udp4')
  const asked: string[] = []
  server.on('message', (octets, { port, address }) => {
    const query = decode(octets)
    const question = query.questions?.[0]
    assert.ok(question !== undefined && query.id !== undefined)
    asked.push(`${question.type} ${question.name}`)
    const codes: Readonly<Record<string, number>> = { 'no.test': 3, 'fail.test': 2 }
    server.send(
      encode({
        type: 'response',
        id: query.id,
        flags: 0x0180 | (codes[question.name] ?? 0),
        questions: [question],
        answers:
          question.name === 'yes.test' && question.type === 'MX'
            ? [{ name: question.name, type: 'MX', data: { preference: 5, exchange: 'mx.test' } }]
            : [],
      }),
      port,
      address,
    )
  })
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  const resolver = createResolver({ servers: [`127.0.0.1:${server.address().port}`] })
  try {
    const [first, second] = await Promise.all([resolver.mx('yes.test'), resolver.mx('YES.test.')])
    assert.deepEqual(recordsOf(first), [{ preference: 5, exchange: 'mx.test' }])
    assert.deepEqual(first, second)
    assert.equal((await resolver.mx('no.test')).kind, 'nxdomain')
    assert.equal((await resolver.a('yes.test')).kind, 'nodata')
    assert.equal((await resolver.a('fail.test')).kind, 'temporary')
    assert.equal((await resolver.a('a..b')).kind, 'nxdomain')
    await resolver.mx('yes.test')
    assert.equal(asked.filter((question) => question === 'MX yes.test').length, 1)
  } finally {
    server.close()
  }
})

test('a server that does not answer is a temporary failure', async () => {
  const deaf = createSocket('udp4')
  deaf.bind(0, '127.0.0.1')
  await once(deaf, 'listening')
  const servers = [`127.0.0.1:${deaf.address().port}`]
  const answer = await createResolver({ servers, timeoutMs: 50, tries: 1 }).a('example.test')
  assert.equal(answer.kind, 'temporary')
  deaf.close()
})

test('the cache keeps answers for their time, negative ones briefly, failures not at all', async () => {
  let now = 0
  let asked = 0
  const limits = { maxEntries: 2, maxTtlSeconds: 100, negativeTtlSeconds: 10 }
  const cache = new AnswerCache(limits, () => now)
  const ask = (answer: Answer<string>) => () => {
    asked++
    return Promise.resolve(answer)
  }
  const records = ask({ kind: 'records', records: ['x'], ttlSeconds: 1000 })
  await cache.get('long', records)
  now = 99_000
  await cache.get('long', records)
  assert.equal(asked, 1)
  now = 100_001
  await cache.get('long', records)
  assert.equal(asked, 2)
  await cache.get('none', ask({ kind: 'nxdomain' }))
  now += 11_000
  await cache.get('none', ask({ kind: 'nxdomain' }))
  assert.equal(asked, 4)
  await cache.get('fail', ask({ kind: 'temporary', because: '' }))
  await cache.get('fail', ask({ kind: 'temporary', because: '' }))
  assert.equal(asked, 6)
})

test('reverse names are those of RFC 1035 and RFC 3596', () => {
  assert.equal(reverseName('192.0.2.1'), '1.2.0.192.in-addr.arpa')
  const six = '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa'
  assert.equal(reverseName('2001:db8::1'), six)
})

function recordsOf<T>(answer: Answer<T>): readonly T[] {
  return answer.kind === 'records' ? answer.records : []
}
