import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { computeFacts, headerFields, parseAddressList } from '@posthouse/message'
import type { DueAutoreply } from '@posthouse/store'
import { autoreplyOctets } from './autoreply-message.ts'

function answer(original: string, more: Partial<DueAutoreply> = {}): string {
  const octets = Buffer.from(original)
  return autoreplyOctets({
    reply: { body: 'I am away.\nAda\n', name: '', ...more },
    from: 'ada@example.test',
    to: 'grace@example.org',
    messageId: '<1@mail.example.test>',
    date: new Date(0),
    original: { octets, facts: computeFacts(octets) },
  }).toString()
}

/** Text as an encoded word, controls and all. */
function word(text: string): string {
  return `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`
}

/** Names and values, unfolded. */
function fieldsOf(text: string): ReadonlyMap<string, string> {
  const octets = Buffer.from(text)
  const end = octets.indexOf('\r\n\r\n') + 4
  return new Map(
    headerFields(octets, { start: 0, end }).map(({ name, value }) => {
      return [name, value.toString().replaceAll('\r\n', '').trim()]
    }),
  )
}

describe('an answer', () => {
  it('is automatic, from the account, to the sender, and of this time', () => {
    const fields = fieldsOf(answer('Subject: Hello\r\nMessage-ID: <x@y>\r\n\r\n'))
    assert.deepEqual(Object.fromEntries(fields), {
      Date: 'Thu, 01 Jan 1970 00:00:00 +0000',
      From: '<ada@example.test>',
      To: '<grace@example.org>',
      Subject: 'Auto: Hello',
      'Message-ID': '<1@mail.example.test>',
      'In-Reply-To': '<x@y>',
      References: '<x@y>',
      'Auto-Submitted': 'auto-replied',
      'X-Auto-Response-Suppress': 'All',
      'MIME-Version': '1.0',
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Transfer-Encoding': '7bit',
    })
  })

  it('has the owner’s subject where there is one, and his text in lines of CRLF', () => {
    const text = answer('Subject: Hello\r\n\r\n', { subject: 'Away – back soon', body: 'One\nTwo' })
    assert.equal(fieldsOf(text).get('Subject'), '=?utf-8?B?QXdheSDigJMgYmFjayBzb29u?=')
    assert.ok(text.endsWith('\r\n\r\nOne\r\nTwo\r\n'))
  })

  it('bears the owner’s name, in any script and with any signs', () => {
    for (const name of ['Ada', 'Lovelace, Ada "Countess" \\ <x@y>', 'Grüße Ωmega', 'x\r\nBcc: y']) {
      const from = parseAddressList(
        fieldsOf(answer('Subject: x\r\n\r\n', { name })).get('From') ?? '',
      )
      assert.deepEqual(
        from.map((one) => [one.name, one.address]),
        [[name.replace('\r\n', ' '), 'ada@example.test']],
      )
    }
  })

  it('joins the thread, of which it keeps the end (RFC 5322 §3.6.4)', () => {
    const earlier = Array.from({ length: 60 }, (_, i) => `<${i}@thread.example>`)
    const text = answer(`References: ${earlier.join('\r\n ')}\r\nMessage-ID: <last@y>\r\n\r\n`)
    const references = fieldsOf(text).get('References')?.split(' ') ?? []
    assert.equal(references.length, 20)
    assert.deepEqual(references.slice(-2), ['<59@thread.example>', '<last@y>'])
  })

  it('says nothing of a thread where the original has no id', () => {
    const fields = fieldsOf(answer('Subject: x\r\n\r\n'))
    assert.ok(!fields.has('In-Reply-To') && !fields.has('References'))
  })

  it('takes no field, line or octet out of what a stranger wrote (threats: header injection)', () => {
    const injected = 'Bcc: victim@example.net\r\n\r\nbody of theirs'
    for (const original of [
      `Subject: ${word(`x\r\n${injected}`)}\r\n\r\n`,
      `Subject: ${word('x\rBcc: y@z')} ${word('x\nBcc: y@z')} ${word('\0\u2028\u2029')}\r\n\r\n`,
      'Subject: =?utf-8?Q?x=0D=0ABcc:_victim@example.net?=\r\n\r\n',
      'Subject: x\rBcc: y@z\r\n\r\n',
      'Message-ID: <x\rBcc:y@z>\r\nReferences: <a\rb@c> <d@e\0>\r\n\r\n',
      'Message-ID: x\nBcc: y@z\r\n\r\n',
      `Message-ID: <${'x'.repeat(900)}@y>\r\n\r\n`,
      `Subject: ${'x'.repeat(5_000)}\r\n\r\n`,
      `Subject: ${'ß'.repeat(5_000)}\r\n\r\n`,
      'Subject: \xff\xfe\r\n\r\n',
    ]) {
      const text = answer(original)
      const [header = '', ...rest] = text.split('\r\n\r\n')
      assert.deepEqual(rest, ['I am away.\r\nAda\r\n'], original)
      assert.match(header, /^[ -~\r\n]*$/, original)
      assert.doesNotMatch(header, /\r(?!\n)|(?<!\r)\n|^Bcc/im, original)
      assert.ok(
        header.split('\r\n').every(({ length }) => length <= 998),
        original,
      )
    }
  })

  it('carries text in any script whole', () => {
    const body = `Grüße, Ωmega, 漢字\n${'long '.repeat(400)}`
    const text = answer('Subject: x\r\n\r\n', { body })
    const encoded = text.slice(text.indexOf('\r\n\r\n') + 4)
    assert.equal(fieldsOf(text).get('Content-Transfer-Encoding'), 'base64')
    assert.ok(encoded.split('\r\n').every(({ length }) => length <= 76))
    const decoded = Buffer.from(encoded, 'base64').toString()
    assert.equal(decoded, `${body.trimEnd().replace('\n', '\r\n')}\r\n`)
  })

  it('writes an address of any script so that it reads back', () => {
    const octets = Buffer.from('Subject: x\r\n\r\n')
    const text = autoreplyOctets({
      reply: { body: 'x', name: '' },
      from: 'ada@example.test',
      to: 'grüße@example.org',
      messageId: '<1@x>',
      date: new Date(0),
      original: { octets, facts: computeFacts(octets) },
    }).toString()
    const to = parseAddressList(fieldsOf(text).get('To') ?? '')
    assert.deepEqual(
      to.map(({ address }) => address),
      ['grüße@example.org'],
    )
  })
})
