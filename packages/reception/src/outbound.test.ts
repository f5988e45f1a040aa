import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { computeFacts } from '@posthouse/message'
import { nullPath, parsePath, type AcceptedRecipient, type RcptCommand } from '@posthouse/smtp'
import { accountId } from '@posthouse/store'
import type { Accepted } from './accepted.ts'
import { copiesOf } from './copies.ts'
import type { Destination } from './destination.ts'
import { wasDeliveredTo } from './loop.ts'
import { outboundOf } from './outbound.ts'

const ada = { account: accountId('1'), address: 'ada@example.test', detail: '' }
const bob = { account: accountId('2'), address: 'bob@example.test', detail: '' }

function to(
  address: string,
  target: Partial<Destination>,
  wishes: Omit<Partial<RcptCommand>, 'recipient'> = {},
): AcceptedRecipient<Destination> {
  return {
    rcpt: { recipient: parsePath(address) ?? nullPath, ...wishes },
    target: { local: [], remote: [], isAlias: false, ...target },
  }
}

function accepted(
  recipients: readonly AcceptedRecipient<Destination>[],
  octets = 'Subject: x\r\n\r\nbody\r\n',
  isUtf8 = false,
): Accepted {
  return {
    octets: Buffer.from(octets),
    envelope: {
      mail: {
        sender: parsePath('sender@example.org') ?? nullPath,
        isEightBit: false,
        isUtf8,
        envelopeId: 'id',
      },
      recipients,
    },
    session: {
      id: 's',
      helo: 'client.example.org',
      isExtended: true,
      remoteAddress: '192.0.2.1',
      tls: undefined,
    },
    account: null,
    client: 'shown',
    receivedAt: new Date(0),
    queueId: 'Q'.repeat(26),
  }
}

const outbound = (message: Accepted) => outboundOf(message, computeFacts(message.octets), 'mx.test')

describe('copies', () => {
  it('are one for an account, with the address that was asked for and its tag', () => {
    const copies = copiesOf(
      accepted([
        to('ada+news@example.test', { local: [{ ...ada, detail: 'news' }] }),
        to('ada@example.test', { local: [ada] }),
        to('team@example.test', { local: [ada, bob], isAlias: true }),
      ]),
      'mx.test',
      { fields: 'X-Found: x\r\n', placing: { mailboxFor: () => 'INBOX' } },
    )
    assert.deepEqual(
      copies.map(({ account, prefix }) => [account, prefix.toString().split('\r\n').slice(0, 2)]),
      [
        ['1', ['Return-Path: <sender@example.org>', 'Delivered-To: ada+news@example.test']],
        ['2', ['Return-Path: <sender@example.org>', 'Delivered-To: bob@example.test']],
      ],
    )
    assert.match(
      copies[1]?.prefix.toString() ?? '',
      /^Return-Path: .*\r\nDelivered-To: .*\r\nX-Found: x\r\nReceived: [^]*\tfor <team@example\.test>;/,
    )
  })
})

describe('what goes on', () => {
  it('is nothing where all is local', () => {
    assert.equal(outbound(accepted([to('ada@example.test', { local: [ada] })])), undefined)
  })

  it('keeps the sender’s wishes (RFC 3461 §5.2.1)', () => {
    const wishes = { notify: ['success'], originalRecipient: 'rfc822;Old@x' } as const
    const queued = outbound(accepted([to('a@example.org', { remote: ['a@example.org'] }, wishes)]))
    assert.deepEqual(queued?.recipients, [{ address: 'a@example.org', ...wishes }])
    assert.equal(queued.envelopeId, 'id')
  })

  it('passes NOTIFY through an alias of one, and SUCCESS not through one of several (§5.2.7)', () => {
    const notify = ['success', 'failure'] as const
    const one = to('one@example.test', { remote: ['a@example.org'], isAlias: true }, { notify })
    const many = { remote: ['b@example.org'], local: [ada], isAlias: true }
    assert.deepEqual(
      outbound(
        accepted([
          one,
          to('many@example.test', many, { notify }),
          to('only@example.test', { ...many, remote: ['c@example.org'] }, { notify: ['success'] }),
          to('none@example.test', { ...many, remote: ['d@example.org'] }),
        ]),
      )?.recipients,
      [
        { address: 'a@example.org', originalRecipient: 'rfc822;one@example.test', notify },
        {
          address: 'b@example.org',
          originalRecipient: 'rfc822;many@example.test',
          notify: ['failure'],
        },
        {
          address: 'c@example.org',
          originalRecipient: 'rfc822;only@example.test',
          notify: ['never'],
        },
        { address: 'd@example.org', originalRecipient: 'rfc822;none@example.test' },
      ],
    )
  })

  it('names a recipient in its trace only where there is no other', () => {
    const first = to('a@example.test', { remote: ['a@example.org'], isAlias: true })
    const second = to('b@example.test', { remote: ['b@example.org'], isAlias: true })
    const alone = outbound(accepted([first]))?.prefix.toString() ?? ''
    assert.match(alone, /^Delivered-To: a@example\.test\r\nReceived: /)
    assert.match(alone, /\tfor <a@example\.test>;/)
    const both = outbound(accepted([first, second]))?.prefix.toString() ?? ''
    assert.doesNotMatch(both, /Delivered-To|\tfor |[ab]@example/)
  })

  it('says what the next host must be able to take', () => {
    const recipient = to('a@example.org', { remote: ['a@example.org'] })
    const needs = (octets: string, isUtf8: boolean) => {
      const queued = outbound(accepted([recipient], octets, isUtf8))
      return [queued?.isEightBit, queued?.needsSmtpUtf8]
    }
    assert.deepEqual(needs('Subject: x\r\n\r\nascii\r\n', true), [false, false])
    assert.deepEqual(needs('Subject: x\r\n\r\n\u00fc\r\n', true), [true, false])
    assert.deepEqual(needs('Subject: \u00fc\r\n\r\n', true), [true, true])
    assert.deepEqual(needs('Subject: \u00fc\r\n\r\n', false), [true, false])
  })
})

describe('a loop', () => {
  it('is a header that says we delivered it there before', () => {
    const octets = Buffer.from(
      'X: y\r\ndelivered-to:  Team@Example.Test \r\n\r\nDelivered-To: b@c\r\n',
    )
    const headerSize = octets.indexOf('\r\n\r\n') + 4
    assert.ok(wasDeliveredTo(octets, headerSize, ['team@example.test']))
    assert.equal(wasDeliveredTo(octets, headerSize, ['b@c']), false)
    assert.equal(wasDeliveredTo(octets, headerSize, []), false)
  })
})

describe('what the sender asks of the way on', () => {
  const remote = [to('a@example.org', { remote: ['a@example.org'] })]
  const isOptional = (field: string): boolean | undefined =>
    outbound(accepted(remote, `Subject: x\r\n${field}\r\nbody\r\n`))?.isTlsOptional

  it('is taken from TLS-Required, whose only value is No (RFC 8689 §5)', () => {
    for (const field of [
      'TLS-Required: No',
      'tls-required:no',
      'TLS-Required:\r\n (why) No (so)',
    ]) {
      assert.equal(isOptional(`${field}\r\n`), true, field)
    }
    for (const field of ['TLS-Required: yes', 'TLS-Required: No way', 'TLS-Required:', 'X: 1']) {
      assert.equal(isOptional(`${field}\r\n`), false, field)
    }
    assert.equal(isOptional('\r\nTLS-Required: No'), false)
  })

  it('is TLS by all means where MAIL said REQUIRETLS, whatever the field says', () => {
    const message = accepted(remote, 'TLS-Required: No\r\n\r\n')
    const mail = { ...message.envelope.mail, requiresTls: true }
    const queued = outbound({ ...message, envelope: { ...message.envelope, mail } })
    assert.equal(queued?.requiresTls, true)
    assert.equal(queued?.isTlsOptional, false)
  })

  it('is not to go before a time', () => {
    const message = accepted(remote)
    const releaseAt = new Date(1e12)
    const mail = { ...message.envelope.mail, releaseAt }
    const queued = outbound({ ...message, envelope: { ...message.envelope, mail } })
    assert.equal(queued?.releaseAt, releaseAt)
    assert.equal(outbound(message)?.releaseAt, undefined)
  })
})
