import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Zone } from '@posthouse/dns'
import { startDnsServer, type DnsServer } from '@posthouse/testkit'
import { createTransport } from 'nodemailer'
import { freePorts } from './house/free-ports.ts'
import { ImapSession } from './house/imap-session.ts'
import { noPostfix, startPostfix, type PrivatePostfix } from './house/postfix.ts'
import { ProcessSuite } from './house/process-suite.ts'
import { sampleMail } from './house/sample-mail.ts'
import { transportTo } from './house/transport.ts'
import { waitFor } from './house/wait-for.ts'

const ada = 'ada@example.test'
const neighbour = 'user@neighbour.test'
const count = 20
const skip = noPostfix()
let dns: DnsServer
let suite: ProcessSuite
let postfix: PrivatePostfix

before(async () => {
  if (skip !== false) return
  const zone = new Zone(`neighbour.test MX 10 mx.neighbour.test
    mx.neighbour.test A 127.0.0.1`)
  dns = await startDnsServer(zone)
  const [mxPort = 0] = await freePorts(1)
  suite = await ProcessSuite.start({
    env: {
      POSTHOUSE_RESOLVERS: dns.address,
      POSTHOUSE_MX_PORT: String(mxPort),
      POSTHOUSE_PRIVATE_TARGETS: '127.0.0.0/8,::1',
    },
  })
  await suite.account(ada)
  postfix = await startPostfix({
    port: mxPort,
    domains: ['neighbour.test'],
    settings: {
      virtual_mailbox_maps: `inline:{ ${neighbour}=box/ }`,
      transport_maps: `inline:{ example.test=smtp:[localhost]:${suite.ports.mx} }`,
      smtp_host_lookup: 'native',
      smtp_dns_support_level: 'disabled',
      smtp_tls_security_level: 'secure',
      smtp_tls_secure_cert_match: 'hostname',
      smtp_tls_CAfile: suite.caFile,
    },
  })
})
after(async () => {
  if (skip !== false) return
  await postfix.stop()
  await suite.stop()
  await dns.close()
})

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new Error(`${String(error)}\npostfix:\n${await postfix.log()}`, { cause: error })
  }
}

test('a Postfix next door delivers to us over verified TLS', { skip }, async () => {
  const transport = createTransport({
    host: '127.0.0.1',
    port: postfix.port,
    secure: false,
    ignoreTLS: true,
  })
  for (let n = 0; n < count; n += 1)
    await transport.sendMail({
      envelope: { from: neighbour, to: ada },
      raw: sampleMail(n, neighbour, ada),
    })
  await told(() =>
    waitFor('the mail from next door', async () => {
      const imap = await ImapSession.open(suite, ada)
      const fetched = await imap.fetchAll('INBOX')
      await imap.close()
      if (fetched.length < count) return undefined
      for (const { body } of fetched) {
        assert.match(body, /\r\nReceived: from mx\.neighbour\.test/)
        assert.match(body, /\r\n\.a line that begins with a dot\r\n/)
      }
      return true
    }),
  )
})

test('what a user submits for next door arrives there, unchanged', { skip }, async () => {
  const transport = transportTo(suite, 'submission', { user: ada })
  for (let n = 100; n < 100 + count; n += 1)
    await transport.sendMail({
      envelope: { from: ada, to: neighbour },
      raw: sampleMail(n, ada, neighbour),
    })
  transport.close()
  const delivered = await told(() =>
    waitFor('the mail next door', async () => {
      const messages = await postfix.delivered()
      return messages.length >= count ? messages : undefined
    }),
  )
  assert.equal(delivered.length, count)
  for (let n = 100; n < 100 + count; n += 1) {
    const body = sampleMail(n, ada, neighbour).toString('latin1').replaceAll('\r\n', '\n')
    const text = body.slice(body.indexOf('\n\n'))
    assert.equal(delivered.filter((message) => message.endsWith(text)).length, 1, `message ${n}`)
  }
})

test('a recipient that next door refuses comes back as a report', { skip }, async () => {
  const lost = 'nobody@neighbour.test'
  const transport = transportTo(suite, 'submission', { user: ada })
  await transport.sendMail({ envelope: { from: ada, to: lost }, raw: sampleMail(500, ada, lost) })
  transport.close()
  const report = await told(() =>
    waitFor('the report', async () => {
      const imap = await ImapSession.open(suite, ada)
      const fetched = await imap.fetchAll('INBOX')
      await imap.close()
      return fetched.find(({ body }) => body.includes('multipart/report'))?.body
    }),
  )
  assert.match(report, /Final-Recipient: rfc822; ?nobody@neighbour\.test/i)
  assert.match(report, /Status: 5\.1\.1/)
})
