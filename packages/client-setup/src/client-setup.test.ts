import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { loadConfig } from '@posthouse/config'
import { autoconfigXml } from './autoconfig.ts'
import { autodiscoverErrorXml, autodiscoverJson, autodiscoverXml } from './autodiscover.ts'
import { readAutodiscoverRequest } from './autodiscover-request.ts'
import { guidesFor } from './guides/index.ts'
import { bestOf, offerFor, type OfferConfig } from './offer.ts'
import { paccJson, paccRecord } from './pacc.ts'

const { clients } = loadConfig({ env: {} })
const standard: OfferConfig['clients'] = {
  publicHost: 'mail.example.org',
  publicPorts: {
    ...clients.publicPorts,
    submission: 587,
    submissions: 465,
    imap: 143,
    imaps: 993,
    pop3: 110,
    pop3s: 995,
    https: 443,
  },
  name: 'Example Mail',
}
const offer = offerFor({ clients: standard }, 'example.org')

function without(...names: readonly (keyof typeof standard.publicPorts)[]): OfferConfig {
  const off = Object.fromEntries(names.map((name) => [name, 0]))
  return { clients: { ...standard, publicPorts: { ...standard.publicPorts, ...off } } }
}

function shown(config: OfferConfig): readonly string[] {
  return offerFor(config, 'example.org').services.map(
    ({ protocol, port, security }) => `${protocol} ${port} ${security}`,
  )
}

test('TLS goes before STARTTLS, IMAP before POP3, and what has no port is not offered', () => {
  assert.deepEqual(shown({ clients: standard }), [
    'imap 993 tls',
    'pop3 995 tls',
    'smtp 465 tls',
    'smtp 587 starttls',
  ])
  assert.deepEqual(shown(without('imaps', 'pop3', 'pop3s', 'submissions')), [
    'imap 143 starttls',
    'smtp 587 starttls',
  ])
  assert.equal(bestOf(offerFor(without('pop3', 'pop3s'), 'example.org'), 'pop3'), undefined)
})

test('the web pages are under the public name, with the port where it is another than 443', () => {
  assert.equal(offer.webUrl, 'https://mail.example.org')
  const moved = { ...standard, publicPorts: { ...standard.publicPorts, https: 2443 } }
  assert.equal(offerFor({ clients: moved }, 'x.test').webUrl, 'https://mail.example.org:2443')
})

function server(kind: string, type: string, port: number, socket: string, more = ''): string {
  return (
    `<${kind} type="${type}"><hostname>mail.example.org</hostname><port>${port}</port>` +
    `<socketType>${socket}</socketType><authentication>password-cleartext</authentication>` +
    `<username>%EMAILADDRESS%</username>${more}</${kind}>`
  )
}

test('the settings for Thunderbird and K-9 are the reference ones', () => {
  const pop3 =
    '<pop3><leaveMessagesOnServer>true</leaveMessagesOnServer><downloadOnBiff>true</downloadOnBiff>' +
    '<daysToLeaveMessagesOnServer>14</daysToLeaveMessagesOnServer></pop3>'
  assert.equal(
    autoconfigXml(offer),
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
      '<clientConfig version="1.1"><emailProvider id="example.org"><domain>example.org</domain>' +
      '<displayName>Example Mail</displayName><displayShortName>Example Mail</displayShortName>' +
      server('incomingServer', 'imap', 993, 'SSL') +
      server('incomingServer', 'pop3', 995, 'SSL', pop3) +
      server('outgoingServer', 'smtp', 465, 'SSL') +
      server('outgoingServer', 'smtp', 587, 'STARTTLS') +
      '<documentation url="https://mail.example.org/setup">' +
      '<descr lang="en">How to set up a mail program</descr></documentation>' +
      '</emailProvider></clientConfig>\n',
  )
})

function outlook(type: string, port: number, more = ''): string {
  return (
    `<Protocol><Type>${type}</Type><Server>mail.example.org</Server><Port>${port}</Port>` +
    '<DomainRequired>off</DomainRequired><LoginName>ada@example.org</LoginName><SPA>off</SPA>' +
    `<SSL>on</SSL><Encryption>SSL</Encryption><AuthRequired>on</AuthRequired>${more}</Protocol>`
  )
}

test('the answer to a classic Outlook is the reference one: SSL means TLS from the first octet', () => {
  assert.equal(
    autodiscoverXml(offer, 'ada@example.org'),
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
      '<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006">' +
      '<Response xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a">' +
      '<Account><AccountType>email</AccountType><Action>settings</Action>' +
      outlook('IMAP', 993) +
      outlook('POP3', 995) +
      outlook('SMTP', 465, '<UsePOPAuth>on</UsePOPAuth><SMTPLast>off</SMTPLast>') +
      '</Account></Response></Autodiscover>\n',
  )
  const starttls = autodiscoverXml(offerFor(without('submissions'), 'example.org'), 'a@b')
  assert.match(starttls, /<Port>587<\/Port>.*<SSL>off<\/SSL><Encryption>TLS<\/Encryption>/)
  assert.match(
    autodiscoverErrorXml(new Date('2026-01-02T03:04:05.678Z')),
    /<Error Time="03:04:05\.678" Id="0"><ErrorCode>600<\/ErrorCode>/,
  )
  assert.deepEqual(autodiscoverJson(offer), {
    Protocol: 'AutodiscoverV1',
    Url: 'https://mail.example.org/autodiscover/autodiscover.xml',
  })
})

test('what strangers put into names cannot leave its element', () => {
  const text = autodiscoverXml(offer, 'a"<b>&\u0000\ud800\'@example.org')
  assert.match(text, /<LoginName>a&quot;&lt;b&gt;&amp;\ufffd&apos;@example\.org<\/LoginName>/)
})

test('the address in a request of Outlook is found however it is written', () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    [
      '<?xml version="1.0"?><Autodiscover xmlns="x"><Request><AcceptableResponseSchema>y</AcceptableResponseSchema>' +
        '<EMailAddress>ada@example.org</EMailAddress></Request></Autodiscover>',
      'ada@example.org',
    ],
    ['<a:Request><a:emailaddress b="c">\n a&amp;b@x.test \n</a:emailaddress>', 'a&b@x.test'],
    ['<EMailAddress>&#97;&#x62;@x.test</EMailAddress>', 'ab@x.test'],
    ['<EMailAddress>&#x110000;&lol;@x.test</EMailAddress>', '&#x110000;&lol;@x.test'],
    ['<!DOCTYPE a [<!ENTITY b "c">]><EMailAddress>&b;</EMailAddress>', undefined],
    ['<EMailAddress/>', undefined],
    ['<EMailAddress>ada@example.org', undefined],
    ['<EMailAddress', undefined],
    ['', undefined],
    ['ada@example.org', undefined],
  ]
  for (const [text, wanted] of cases) {
    assert.equal(readAutodiscoverRequest(text), wanted, text)
    for (let cut = 0; cut < text.length; cut += 1) readAutodiscoverRequest(text.slice(0, cut))
  }
})

test('PACC has the same octets each time, and their hash is what DNS says', () => {
  const body = paccJson(offer)
  assert.ok(body !== undefined)
  assert.equal(body, paccJson(offerFor({ clients: standard }, 'example.org')))
  assert.deepEqual(JSON.parse(body), {
    protocols: {
      imap: { host: 'mail.example.org' },
      pop3: { host: 'mail.example.org' },
      smtp: { host: 'mail.example.org' },
    },
    authentication: { password: true },
    info: {
      provider: { name: 'Example Mail', shortName: 'Example Mail' },
      help: {
        documentation: 'https://mail.example.org/setup',
        contact: ['mailto:postmaster@example.org'],
      },
    },
  })
  const digest = createHash('sha256').update(body).digest('base64')
  assert.equal(paccRecord(body), `v=UAAC1; a=sha256; d=${digest}`)
  // It cannot say which port, so that nothing is said where it would be another.
  const { clients: elsewhere } = loadConfig({ env: {} })
  assert.equal(paccJson(offerFor({ clients: elsewhere }, 'example.org')), undefined)
})

test('every guide names every server, and ports wherever a program does not find them itself', () => {
  const elsewhere = offerFor({ clients }, 'example.org')
  const guides = guidesFor(elsewhere, 'ada@example.org')
  assert.deepEqual(
    guides.map(({ id }) => id),
    ['thunderbird', 'outlook', 'outlook-new', 'apple-mail', 'iphone', 'k9', 'gmail', 'other'],
  )
  for (const { id, groups } of guides) {
    const values = groups.flatMap(({ fields }) => fields.map(({ value }) => value))
    for (const wanted of ['localhost', '2993', '2465']) assert.ok(values.includes(wanted), id)
    if (id !== 'outlook') assert.ok(values.includes('ada@example.org'), id)
  }
  const usual = guidesFor(offer, 'ada@example.org').find(({ id }) => id === 'iphone')
  assert.equal(usual?.groups.length, 2, 'nothing that nobody needs')
  // Of nobody in particular there is no address to copy.
  for (const { groups } of guidesFor(offer))
    for (const { label, value, isText } of groups.flatMap(({ fields }) => fields))
      if (isText === true) assert.match(value, /^(mail\.example\.org|\d+)$/, label)
})
