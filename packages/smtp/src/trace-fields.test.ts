import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deliveredToField, receivedField, returnPathField, type Hop } from './trace-fields.ts'

const hop: Hop = {
  session: {
    helo: 'Client.Example.org',
    isExtended: true,
    remoteAddress: '192.0.2.1',
    tls: { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
  },
  isUtf8: false,
  isAuthenticated: false,
  client: 'shown',
  by: 'mx.example.test',
  queueId: '01JDXG5VK8Q3Z6Y7W8V9T0S1RR',
  recipient: 'ada@example.test',
  at: 'Sat, 28 Nov 2026 02:49:00 +0000',
}

const from = (helo: string, remoteAddress = '192.0.2.1') =>
  receivedField({ ...hop, session: { ...hop.session, helo, remoteAddress } }).split('\r\n')[0]

describe('Received', () => {
  it('tells who came, how, under which id and for whom', () => {
    assert.equal(
      receivedField(hop),
      'Received: from client.example.org ([192.0.2.1])\r\n' +
        '\tby mx.example.test (Posthouse) with ESMTPS (TLSv1.3 TLS_AES_256_GCM_SHA384)\r\n' +
        '\tid 01JDXG5VK8Q3Z6Y7W8V9T0S1RR\r\n' +
        '\tfor <ada@example.test>;\r\n' +
        '\tSat, 28 Nov 2026 02:49:00 +0000\r\n',
    )
  })

  it('names the protocol as RFC 3848 and RFC 6531 do', () => {
    const { tls: _, ...clear } = hop.session
    const plain = { ...clear, tls: undefined }
    const cases: readonly (readonly [Partial<Hop>, string])[] = [
      [{ session: { ...plain, isExtended: false } }, 'SMTP'],
      [{ session: plain }, 'ESMTP'],
      [{ session: plain, isAuthenticated: true }, 'ESMTPA'],
      [{}, 'ESMTPS'],
      [{ isAuthenticated: true }, 'ESMTPSA'],
      [{ isUtf8: true }, 'UTF8SMTPS'],
      [{ isUtf8: true, isAuthenticated: true }, 'UTF8SMTPSA'],
    ]
    for (const [change, protocol] of cases) {
      assert.match(receivedField({ ...hop, ...change }), new RegExp(` with ${protocol}[ \r]`))
    }
  })

  it('lets nothing of a strange EHLO out of its comment', () => {
    assert.equal(from('a b) evil (c'), 'Received: from [192.0.2.1] (helo=a?b??evil??c)')
    assert.equal(from('evil\r\nBcc: x'), 'Received: from [192.0.2.1] (helo=evil??Bcc:?x)')
    assert.equal(from('[192.0.2.1]'), 'Received: from [192.0.2.1]')
    assert.equal(from('[192.0.2.7]'), 'Received: from [192.0.2.7] ([192.0.2.1])')
    assert.equal(from('büro.example'), 'Received: from xn--bro-hoa.example ([192.0.2.1])')
    assert.equal(from('[IPv6:2001:DB8::1]', '2001:db8::1'), 'Received: from [IPv6:2001:db8::1]')
  })

  it('can keep the client to itself', () => {
    const field = receivedField({ ...hop, client: 'hidden', isAuthenticated: true })
    assert.match(
      field,
      /^Received: from \[127\.0\.0\.1\] \(client hidden\)\r\n\tby mx.example.test \(Posthouse\) with ESMTPSA /,
    )
    assert.match(receivedField({ ...hop, client: 'none' }), /^Received: by mx/)
    assert.doesNotMatch(field, /192\.0\.2\.1|client\.example/i)
  })
})

describe('the other fields of final delivery', () => {
  it('are the sender, null or not, and the mailbox', () => {
    assert.equal(returnPathField(''), 'Return-Path: <>\r\n')
    assert.equal(returnPathField('a@example.org'), 'Return-Path: <a@example.org>\r\n')
    assert.equal(deliveredToField('ada@example.test'), 'Delivered-To: ada@example.test\r\n')
  })
})
