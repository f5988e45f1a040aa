import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { startDnsServer, type DnsFault, type DnsServer } from '@posthouse/testkit'
import { createResolver, type ResolverOptions } from './dns-resolver.ts'
import type { Answer } from './resolver.ts'
import { Zone } from './zone.ts'

const zone = new Zone(`
example.test        MX    20 mx2.example.test
example.test        MX    10 mx1.example.test
example.test        SOA   ns.example.test root.example.test 1 7200 900 86400 77
null.test           MX    0 .
mx1.example.test    A     192.0.2.1
mx1.example.test    AAAA  2001:db8::1
www.example.test    60 CNAME alias.example.test
alias.example.test  90 CNAME mx1.example.test
dangling.test       CNAME nowhere.test
long.test           TXT   "${'v=spf1 include:over-and-over.example.test '.repeat(60)}"
utf8.test           TXT   "v=spf1 ü"
1.2.0.192.in-addr.arpa PTR mx1.example.test
_25._tcp.mx1.example.test TLSA 3 1 1 c0ffee
_imaps._tcp.example.test SRV 0 1 993 mx1.example.test
broken.test         FAIL
silent.test         TIMEOUT
a.loop.test         CNAME b.loop.test
b.loop.test         CNAME a.loop.test
`)

/** Quick to give up: nothing here is far away. */
const quick = { timeoutMs: 2000, tries: 2 } satisfies ResolverOptions

/** A server with faults, asked once. */
async function askFaulty<T>(
  faults: readonly DnsFault[],
  ask: (resolver: ReturnType<typeof createResolver>, server: DnsServer) => Promise<T>,
  options: ResolverOptions = quick,
): Promise<T> {
  const server = await startDnsServer(zone, ...faults)
  try {
    return await ask(createResolver({ servers: [server.address], ...options }), server)
  } finally {
    await server.close()
  }
}

function recordsOf<T>(answer: Answer<T>): readonly T[] | string {
  return answer.kind === 'records' ? answer.records : answer.kind
}

describe('a resolver that asks a server', () => {
  let server: DnsServer
  before(async () => {
    server = await startDnsServer(zone)
  })
  after(() => server.close())
  const make = (options: ResolverOptions = {}) =>
    createResolver({ servers: [server.address], ...quick, ...options })

  it('reads every type of record', async () => {
    const resolver = make()
    assert.deepEqual(recordsOf(await resolver.mx('example.test')), [
      { preference: 10, exchange: 'mx1.example.test' },
      { preference: 20, exchange: 'mx2.example.test' },
    ])
    assert.deepEqual(recordsOf(await resolver.mx('null.test')), [{ preference: 0, exchange: '' }])
    assert.deepEqual(recordsOf(await resolver.a('MX1.Example.Test.')), ['192.0.2.1'])
    assert.deepEqual(recordsOf(await resolver.aaaa('mx1.example.test')), ['2001:db8::1'])
    assert.deepEqual(recordsOf(await resolver.ptr('192.0.2.1')), ['mx1.example.test'])
    assert.deepEqual(recordsOf(await resolver.cname('alias.example.test')), ['mx1.example.test'])
    assert.deepEqual(recordsOf(await resolver.txt('utf8.test')), ['v=spf1 ü'])
    assert.deepEqual(recordsOf(await resolver.tlsa('_25._tcp.mx1.example.test')), [
      { usage: 3, selector: 1, matchingType: 1, data: Buffer.from('c0ffee', 'hex') },
    ])
    assert.deepEqual(recordsOf(await resolver.srv('_imaps._tcp.example.test')), [
      { priority: 0, weight: 1, port: 993, target: 'mx1.example.test' },
    ])
  })

  it('tells no such name, no such records, and failures apart', async () => {
    const resolver = make({ timeoutMs: 50 })
    const none = { isSecure: false }
    // The SOA's MINIMUM (RFC 2308 §5); without SOA as short as we keep anything.
    assert.deepEqual(await resolver.a('example.test'), { kind: 'nodata', ttlSeconds: 77, ...none })
    assert.deepEqual(await resolver.a('no.example.test'), {
      kind: 'nxdomain',
      ttlSeconds: 77,
      ...none,
    })
    assert.deepEqual(await resolver.a('no.test'), { kind: 'nxdomain', ttlSeconds: 5, ...none })
    assert.equal((await resolver.a('dangling.test')).kind, 'nxdomain')
    assert.match(becauseOf(await resolver.a('broken.test')), /^SERVFAIL from 127\.0\.0\.1:\d+$/)
    assert.match(becauseOf(await resolver.a('silent.test')), /^time-out from 127\.0\.0\.1:\d+$/)
    const failures = server.questions.filter((question) => question === 'A broken.test')
    assert.equal(failures.length, 1, 'what a server said is not asked again')
    assert.equal(server.questions.filter((question) => question === 'A silent.test').length, 2)
  })

  it('follows CNAMEs, which bound the time to live', async () => {
    assert.deepEqual(await make().a('www.example.test'), {
      kind: 'records',
      records: ['192.0.2.1'],
      ttlSeconds: 60,
      isSecure: false,
    })
  })

  it('asks once for what many want to know', async () => {
    const resolver = make()
    const already = server.questions.length
    const same = ['example.test', 'EXAMPLE.test.', 'example.test'].map((name) => resolver.mx(name))
    const [first, ...others] = await Promise.all(same)
    for (const other of others) assert.deepEqual(other, first)
    await resolver.mx('example.test')
    const asked = server.questions.slice(already).filter((one) => one === 'MX example.test')
    assert.equal(asked.length, 1)
  })

  it('asks a thousand questions at once, each with its own answer', async () => {
    const many = new Zone('')
    const names = Array.from({ length: 1000 }, (_, i) => `n${i}.test`)
    for (const [i, name] of names.entries()) {
      many.add({ name, type: 'A', value: `192.0.${i >> 8}.${i & 255}` })
    }
    const busy = await startDnsServer(many)
    const resolver = createResolver({ servers: [busy.address], deadlineMs: 60_000 })
    try {
      const answers = await Promise.all(names.map((name) => resolver.a(name)))
      const addresses = answers.map((answer) => recordsOf(answer)[0])
      assert.deepEqual(
        addresses,
        names.map((_, i) => `192.0.${i >> 8}.${i & 255}`),
      )
    } finally {
      await busy.close()
    }
  })

  it('asks nobody for names that cannot be', async () => {
    const resolver = make()
    const already = server.questions.length
    for (const name of [
      'a..b',
      '.a',
      `${'x'.repeat(64)}.test`,
      'ü.test',
      'a b',
      'x.'.repeat(140),
    ]) {
      assert.equal((await resolver.a(name)).kind, 'nxdomain', name)
    }
    const asked = server.questions.slice(already).filter((one) => one.startsWith('A '))
    assert.deepEqual(
      asked.filter((one) => one !== 'A dnssec-failed.org'),
      [],
    )
  })

  it('goes on to the next server when one is away, and stays with it', async () => {
    const deaf = createSocket('udp4')
    const heard: unknown[] = []
    deaf.on('message', (octets) => heard.push(octets))
    deaf.bind(0, '127.0.0.1')
    await once(deaf, 'listening')
    const servers = [`127.0.0.1:${deaf.address().port}`, server.address]
    const resolver = createResolver({ ...quick, servers, timeoutMs: 300 })
    try {
      assert.deepEqual(recordsOf(await resolver.a('mx1.example.test')), ['192.0.2.1'])
      const already = heard.length
      assert.deepEqual(recordsOf(await resolver.aaaa('mx1.example.test')), ['2001:db8::1'])
      assert.equal(heard.length, already)
    } finally {
      deaf.close()
    }
  })

  it('says at once that nobody listens', async () => {
    const closed = createSocket('udp4')
    closed.bind(0, '127.0.0.1')
    await once(closed, 'listening')
    const { port } = closed.address()
    closed.close()
    const resolver = createResolver({
      servers: [`127.0.0.1:${port}`],
      timeoutMs: 600_000,
      tries: 1,
    })
    const because = becauseOf(await resolver.a('example.test'))
    assert.match(because, /^ECONNREFUSED from 127\.0\.0\.1:\d+$/)
  })

  it('ends at its deadline, whatever servers do', async () => {
    const resolver = make({ timeoutMs: 600_000, tries: 9, deadlineMs: 200 })
    assert.match(becauseOf(await resolver.a('silent.test')), /^time-out/)
  })
})

describe('a resolver whose server is bad', () => {
  it('asks over TCP when the reply is truncated', async () => {
    await askFaulty(['truncate'], async (resolver, server) => {
      const [text] = recordsOf(await resolver.txt('long.test'))
      assert.equal(text?.length, 42 * 60 - 1 + 1)
      assert.ok(server.tcpQuestions.includes('TXT long.test'))
    })
  })

  it('passes over replies with a wrong id or question, and takes the true one', async () => {
    await askFaulty(['wrong-id', 'wrong-question'], async (resolver) => {
      assert.deepEqual(recordsOf(await resolver.a('mx1.example.test')), ['192.0.2.1'])
    })
  })

  it('believes no reply to something else, over UDP or TCP', async () => {
    const options = { ...quick, timeoutMs: 50 }
    await askFaulty(
      ['only-wrong'],
      async (resolver) => {
        assert.match(becauseOf(await resolver.a('mx1.example.test')), /^time-out/)
      },
      options,
    )
    await askFaulty(
      ['only-wrong-over-tcp'],
      async (resolver) => {
        assert.match(becauseOf(await resolver.a('mx1.example.test')), /another question over TCP/)
      },
      options,
    )
  })

  it('calls what cannot be read a failure for now', async () => {
    await askFaulty(['garbage'], async (resolver) => {
      assert.match(becauseOf(await resolver.a('mx1.example.test')), /^an unreadable reply from/)
    })
  })

  it('calls CNAMEs in circles a failure for now', async () => {
    await askFaulty(['cname-loop'], async (resolver) => {
      assert.equal(becauseOf(await resolver.a('a.loop.test')), 'CNAMEs that go in circles')
    })
  })

  it('asks without EDNS where that is not known (RFC 6891 §7), and remembers it', async () => {
    await askFaulty(['no-edns'], async (resolver, server) => {
      assert.deepEqual(recordsOf(await resolver.a('mx1.example.test')), ['192.0.2.1'])
      await resolver.aaaa('mx1.example.test')
      assert.equal(server.questions.filter((one) => one === 'A mx1.example.test').length, 2)
      assert.equal(server.questions.filter((one) => one === 'AAAA mx1.example.test').length, 1)
    })
  })
})

function becauseOf(answer: Answer<unknown>): string {
  return answer.kind === 'temporary' ? answer.because : `no failure but ${answer.kind}`
}
