import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Zone, zoneResolver } from '@posthouse/dns'
import { createAuthenticator } from '@posthouse/mail-auth'
import { startDnsServer, type DnsServer } from '@posthouse/testkit'
import { freePorts } from './house/free-ports.ts'
import { noPostfix, startPostfix, type PrivatePostfix } from './house/postfix.ts'
import { ProcessSuite } from './house/process-suite.ts'
import { sampleMail } from './house/sample-mail.ts'
import { transportTo } from './house/transport.ts'
import { waitFor } from './house/wait-for.ts'

// From a new domain to mail that next door can trust: add it, publish what is printed, send.

const ada = 'ada@signed.example'
const neighbour = 'user@neighbour.test'
const skip = noPostfix()
const zone = new Zone(`neighbour.test MX 10 mx.neighbour.test
  mx.neighbour.test A 127.0.0.1`)
let dns: DnsServer
let suite: ProcessSuite
let postfix: PrivatePostfix

before(async () => {
  if (skip !== false) return
  dns = await startDnsServer(zone)
  const [mxPort = 0] = await freePorts(1)
  suite = await ProcessSuite.start({
    args: ['submission', 'delivery'],
    env: {
      POSTHOUSE_RESOLVERS: dns.address,
      POSTHOUSE_MX_PORT: String(mxPort),
      POSTHOUSE_PRIVATE_TARGETS: '127.0.0.0/8,::1',
    },
  })
  postfix = await startPostfix({
    port: mxPort,
    domains: ['neighbour.test'],
    settings: { virtual_mailbox_maps: `inline:{ ${neighbour}=box/ }` },
  })
})
after(async () => {
  if (skip !== false) return
  await postfix.stop()
  await suite.stop()
  await dns.close()
})

interface ShownKey {
  readonly selector: string
  readonly name: string
  readonly record: string
}

async function posthouse(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await suite.posthouse(args)
  assert.equal(code, 0, `${args.join(' ')}: ${stdout}${stderr}`)
  return stdout
}

/** Sends a message, and gives it as it stands next door. */
async function carried(n: number): Promise<Buffer> {
  const transport = transportTo(suite, 'submission', { user: ada })
  await transport.sendMail({
    envelope: { from: ada, to: neighbour },
    raw: sampleMail(n, ada, neighbour),
  })
  transport.close()
  const text = await waitFor(`message ${n} next door`, async () => {
    const messages = await postfix.delivered()
    return messages.find((message) => message.includes(`message ${n}\n`))
  })
  return Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1')
}

async function signatures(octets: Buffer): Promise<readonly string[]> {
  const input = { address: '127.0.0.1', helo: 'x', mailFrom: ada, at: new Date() }
  const { dkim } = await createAuthenticator({ resolver: zoneResolver(zone) }).check(octets, input)
  return dkim.map(({ result, domain, selector }) => `${result} ${domain} ${selector}`)
}

test('mail of a new domain is signed as soon as its records are published', { skip }, async () => {
  await posthouse('domain', 'add', 'signed.example')
  await suite.account(ada)
  const listed = await posthouse('dkim', 'list', 'signed.example', '--json')
  const { items } = JSON.parse(listed) as { items: readonly ShownKey[] }
  assert.equal(items.length, 2)
  assert.deepEqual(await signatures(await carried(1)), [])
  for (const { name, record, selector } of items) {
    zone.add({ name, type: 'TXT', value: record })
    await posthouse('dkim', 'show', 'signed.example', selector, '--dns')
  }
  const signed = await carried(2)
  const expected = items.map(({ selector }) => `pass signed.example ${selector}`)
  assert.deepEqual(await signatures(signed), expected)
  const changed = Buffer.from(signed.toString('latin1').replace('message 2', 'message 3'), 'latin1')
  assert.ok((await signatures(changed)).every((each) => each.startsWith('fail')))
})
