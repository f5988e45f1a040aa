import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { testAuthority } from '@posthouse/testkit'
import { makeCertificateFiles } from './house/outbound-certificate.ts'
import { ada } from './house/outbound-house.ts'
import { noSignedNames } from './house/outbound-names.ts'
import { parseReport } from './house/outbound-report.ts'
import { makePlace, startWorld, type OutboundWorld, type Place } from './house/outbound-world.ts'
import { noPostfix, startPostfix, type PrivatePostfix } from './house/postfix.ts'
import { absent } from './house/run-program.ts'
import { sampleMail } from './house/sample-mail.ts'
import { waitFor } from './house/wait-for.ts'

// What Postfix makes of what we send.

const skip = noPostfix() || noSignedNames() || absent('python3')
let place: Place
let world: OutboundWorld
let postfix: PrivatePostfix

/** Postfix by its domains: each has an address of its own, with other parameters. */
const domains = ['plain.test', 'tls.test', 'modern.test', 'small.test', 'silent.test'] as const

before(async () => {
  if (skip !== false) return
  place = await makePlace()
  world = await startWorld(
    place,
    domains.map((name, at) => ({
      name,
      trust: 'unsigned',
      records: `@ MX 10 mx\nmx A ${place.address(at + 1)}`,
    })),
  )
  const files = await makeCertificateFiles()
  world.keep(files)
  const tls = await files.write('tls', testAuthority().issue(['mx.tls.test']))
  postfix = await startPostfix({
    port: place.port,
    domains,
    settings: {
      smtputf8_enable: 'yes',
      smtpd_recipient_restrictions:
        'check_recipient_access inline:{ nobody@plain.test=REJECT }, permit',
      transport_maps: `inline:{ example.test=smtp:[127.0.0.1]:${world.house.suite.port('mx')} }`,
      smtp_tls_security_level: 'none',
      smtp_generic_maps: '',
    },
    hosts: [
      { address: place.address(1), settings: old },
      {
        address: place.address(2),
        settings: {
          ...old,
          smtpd_tls_security_level: 'may',
          smtpd_tls_cert_file: tls.cert,
          smtpd_tls_key_file: tls.key,
          smtpd_tls_received_header: 'yes',
        },
      },
      { address: place.address(3) },
      { address: place.address(4), settings: { ...old, message_size_limit: '20000' } },
      { address: place.address(5), settings: { smtpd_discard_ehlo_keywords: 'dsn' } },
    ],
  })
  world.keep(postfix)
})
after(async () => {
  if (skip === false) await world.stop()
})

/** A host that knows neither Unicode addresses nor 8-bit text. */
const old = { smtpd_discard_ehlo_keywords: 'smtputf8 8bitmime' }

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new Error(`${String(error)}\npostfix:\n${(await postfix.log()).slice(-8000)}`, {
      cause: error,
    })
  }
}

/** The message with this subject, as it stands in its maildir. */
async function arrived(subject: string): Promise<string> {
  return await told(() =>
    waitFor(subject, async () =>
      (await postfix.delivered()).find((each) => each.includes(`\nSubject: ${subject}\n`)),
    ),
  )
}

/** An address that is not ASCII. */
const wide = (domain: string): string => `j\u00f6rg@${domain}`

const wideMail = (n: number, domain: string): Buffer =>
  Buffer.concat([sampleMail(n, ada, wide(domain)), Buffer.from('Sch\u00f6n!\r\n')])

function bodyOf(message: Buffer | string): string {
  const text = message.toString('latin1').replaceAll('\r\n', '\n')
  return text.slice(text.indexOf('\n\n'))
}

describe('Postfix', { skip }, () => {
  test('gets a message octet by octet, in the clear where it offers no TLS', async () => {
    const raw = sampleMail(1, ada, 'bob@plain.test')
    const queueId = await world.house.submit('bob@plain.test', raw)
    const [item] = await told(() => world.house.settled(queueId))
    assert.equal(item?.state, 'delivered')
    const message = await arrived('message 1')
    assert.equal(bodyOf(message), bodyOf(raw))
    assert.match(message, /^Return-Path: <ada@example\.test>$/m)
    assert.doesNotMatch(message, /using TLS/)
  })

  test('gets it over TLS where it offers that, whatever its certificate', async () => {
    await world.house.submit('bob@tls.test', sampleMail(2, ada, 'bob@tls.test'))
    assert.match(await arrived('message 2'), /\(using TLSv1\.3 with cipher /)
  })

  test('gets many messages over few connections', async () => {
    const earlier = (await postfix.log()).split(' connect from ').length
    const numbers = Array.from({ length: 30 }, (_, index) => 100 + index)
    const ids = await Promise.all(
      numbers.map((n) => world.house.submit('many@tls.test', sampleMail(n, ada, 'many@tls.test'))),
    )
    for (const id of ids) await world.house.settled(id)
    const connections = (await postfix.log()).split(' connect from ').length - earlier
    assert.ok(connections <= 6, `${connections} connections for ${ids.length} messages`)
    const all = await postfix.delivered()
    for (const n of numbers)
      assert.equal(all.filter((each) => each.includes(`\nSubject: message ${n}\n`)).length, 1)
  })

  test('refuses a recipient, and the sender is told in a report that Python understands', async () => {
    const to = 'nobody@plain.test'
    await world.house.submit(to, sampleMail(3, ada, to))
    const report = await parseReport(await told(() => world.house.report(to)))
    const [about] = report.recipients
    assert.equal(about?.['final-recipient'], `rfc822; ${to}`)
    assert.equal(about['action'], 'failed')
    assert.equal(about['status'], '5.7.1')
    assert.match(about['diagnostic-code'] ?? '', /^smtp; 554 5\.7\.1 <nobody@plain\.test>: Recip/)
    assert.equal(about['remote-mta'], 'dns; mx.plain.test')
    assert.equal(report.returned['subject'], 'message 3')
    assert.match(report.fields['from'] ?? '', /postmaster@/)
    assert.match(report.text.split('\n').slice(0, 5).join('\n'), /nobody@plain\.test/)
  })

  test('is not sent what it said is too large', async () => {
    const to = 'bob@small.test'
    const raw = Buffer.concat([sampleMail(4, ada, to), Buffer.alloc(40_000, 'line of text\r\n')])
    const [item] = await told(async () => world.house.settled(await world.house.submit(to, raw)))
    assert.equal(item?.state, 'bounced')
    const report = await parseReport(await world.house.report(to))
    assert.match(report.recipients[0]?.['status'] ?? '', /^5\.(3\.4|2\.3)$/)
    assert.doesNotMatch(await postfix.log(), /size=4\d{4}/)
  })

  test('takes Unicode addresses and text where it knows them, else the sender is told', async () => {
    const good = await world.house.submit(wide('modern.test'), wideMail(5, 'modern.test'))
    const bad = await world.house.submit(wide('plain.test'), wideMail(6, 'plain.test'))
    const [taken] = await told(() => world.house.settled(good))
    assert.equal(taken?.state, 'delivered')
    const message = Buffer.from(await arrived('message 5'), 'latin1').toString()
    assert.match(message, /^Delivered-To: j\u00f6rg@modern\.test$/m)
    const [refused] = await told(() => world.house.settled(bad))
    assert.equal(refused?.state, 'bounced')
    assert.equal(refused.last?.enhanced, '5.6.7')
    const report = await waitFor('the report', async () =>
      (await world.house.inbox()).find((each) => each.includes('global-delivery-status')),
    )
    const { types, recipients, text } = await parseReport(report)
    assert.equal(types[1], 'message/global-delivery-status')
    assert.equal(recipients[0]?.['final-recipient'], `utf-8; ${wide('plain.test')}`)
    assert.ok(text.split('\n', 1)[0]?.includes(wide('plain.test')), text)
  })

  test('reports itself where it promises to, and where it does not, we do', async () => {
    const dsn = { id: 'QQ314159', return: 'headers', notify: ['success'] } as const
    await world.house.submit('bob@modern.test', sampleMail(7, ada, 'bob@modern.test'), { dsn })
    await world.house.submit('bob@silent.test', sampleMail(8, ada, 'bob@silent.test'), { dsn })
    const its = await parseReport(await told(() => world.house.report('bob@modern.test')))
    assert.equal(its.message['reporting-mta'], 'dns; mx.plain.test')
    assert.equal(its.message['original-envelope-id'], 'QQ314159')
    assert.equal(its.recipients[0]?.['action'], 'delivered')
    assert.equal(its.recipients[0]?.['original-recipient'], 'rfc822;bob@modern.test')
    const ours = await parseReport(await told(() => world.house.report('bob@silent.test')))
    assert.equal(ours.message['reporting-mta'], 'dns; mail.example.test')
    assert.equal(ours.message['original-envelope-id'], 'QQ314159')
    assert.equal(ours.recipients[0]?.['action'], 'relayed')
  })
})
