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

/** Where it shows that a sender was rewritten. */
const rewrite = (sender: string, domain: string) =>
  Promise.resolve(sender === '' ? '' : `rewritten-${sender.replace('@', '-at-')}@${domain}`)

const outbounds = (message: Accepted) =>
  outboundOf(message, computeFacts(message.octets), 'mx.test', rewrite)

const outbound = async (message: Accepted) => (await outbounds(message))[0]

/** Targets of an alias of ours. */
const away = (...addresses: readonly string[]) =>
  addresses.map((address) => {
    return { address, domain: 'example.test', path: `alias@example.test>${address}` }
  })

describe('copies', () => {
  it('are one for an account, with the address that was asked for and its tag', () => {
    const copies = copiesOf(
      accepted([
        to('ada+news@example.test', { local: [{ ...ada, detail: 'news' }] }),
        to('ada@example.test', { local: [ada] }),
        to('team@example.test', { local: [ada, bob], isAlias: true }),
      ]),
      'mx.test',
      {
        fields: 'X-Found: x\r\n',
        placing: { mailboxFor: () => 'INBOX', whyOtherwise: () => undefined },
      },
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

const ours = accountId('7')

describe('what goes on', () => {
  it('is nothing where all is local', async () => {
    assert.equal(await outbound(accepted([to('ada@example.test', { local: [ada] })])), undefined)
  })

  it('keeps the sender’s wishes (RFC 3461 §5.2.1)', async () => {
    const wishes = { notify: ['success'], originalRecipient: 'rfc822;Old@x' } as const
    const recipient = to('a@example.org', { remote: [{ address: 'a@example.org' }] }, wishes)
    const queued = await outbound(accepted([recipient]))
    assert.deepEqual(queued?.recipients, [{ address: 'a@example.org', ...wishes }])
    assert.equal(queued.envelopeId, 'id')
  })

  it('passes NOTIFY through an alias of one, and SUCCESS not through one of several (§5.2.7)', async () => {
    const notify = ['success', 'failure'] as const
    const one = to('one@example.test', { remote: away('a@example.org'), isAlias: true }, { notify })
    const many = { remote: away('b@example.org'), local: [ada], isAlias: true }
    const queued = await outbounds(
      accepted([
        one,
        to('many@example.test', many, { notify }),
        to(
          'only@example.test',
          { ...many, remote: away('c@example.org') },
          { notify: ['success'] },
        ),
        to('none@example.test', { ...many, remote: away('d@example.org') }),
      ]),
    )
    assert.deepEqual(
      queued.map(({ recipients }) =>
        recipients.map(({ address, originalRecipient, notify: wish }) => {
          return [address, originalRecipient, wish?.join(' ')]
        }),
      ),
      [
        [['a@example.org', 'rfc822;one@example.test', 'success failure']],
        [['b@example.org', 'rfc822;many@example.test', 'failure']],
        [['c@example.org', 'rfc822;only@example.test', 'never']],
        [['d@example.org', 'rfc822;none@example.test', undefined]],
      ],
    )
  })

  it('of our users’ mail is one piece under their own sender, and names a recipient only where there is no other', async () => {
    const first = to('a@example.test', { remote: away('a@example.org'), isAlias: true })
    const second = to('b@example.org', { remote: [{ address: 'b@example.org' }] })
    const alone = await outbounds({ ...accepted([first]), account: ours })
    assert.match(
      alone[0]?.prefix.toString() ?? '',
      /^Delivered-To: a@example\.test\r\nReceived: [^]*\tfor <a@example\.test>;/,
    )
    const both = await outbounds({ ...accepted([first, second]), account: ours })
    assert.deepEqual(
      both.map(({ sender, origin, recipients }) => [sender, origin, recipients.length]),
      [['sender@example.org', undefined, 2]],
    )
    assert.doesNotMatch(both[0]?.prefix.toString() ?? '', /Delivered-To|\tfor |[ab]@example/)
  })

  it('of the world’s mail goes apart for each alias, under a sender of its domain, so that none learns of another', async () => {
    const first = to('a@example.test', { remote: away('a@example.org'), isAlias: true })
    const other = [{ address: 'b@example.org', domain: 'other.test', path: 'b@other.test>b' }]
    const second = to('b@other.test', { remote: other, isAlias: true })
    const queued = await outbounds(accepted([first, second]))
    assert.deepEqual(
      queued.map(({ sender, origin, recipients: [only] }) => [sender, origin, only?.path]),
      [
        [
          'rewritten-sender-at-example.org@example.test',
          'forwarded',
          'alias@example.test>a@example.org',
        ],
        ['rewritten-sender-at-example.org@other.test', 'forwarded', 'b@other.test>b'],
      ],
    )
    const [one = '', two = ''] = queued.map(({ prefix }) => prefix.toString())
    assert.match(one, /^Delivered-To: a@example\.test\r\nReceived: [^]*\tfor <a@example\.test>;/)
    assert.match(two, /^Delivered-To: b@other\.test\r\nReceived: [^]*\tfor <b@other\.test>;/)
    assert.doesNotMatch(one, /b@|other/)
    assert.doesNotMatch(two, /a@|example\.test/)
  })

  it('reaches an address that two aliases lead to once', async () => {
    const first = to('a@example.test', { remote: away('x@example.org'), isAlias: true })
    const second = to('b@example.test', { remote: away('x@example.org'), isAlias: true })
    assert.equal((await outbounds(accepted([first, second]))).length, 1)
  })

  it('says what the next host must be able to take', async () => {
    const recipient = to('a@example.org', { remote: [{ address: 'a@example.org' }] })
    const needs = async (octets: string, isUtf8: boolean) => {
      const queued = await outbound(accepted([recipient], octets, isUtf8))
      return [queued?.isEightBit, queued?.needsSmtpUtf8]
    }
    assert.deepEqual(await needs('Subject: x\r\n\r\nascii\r\n', true), [false, false])
    assert.deepEqual(await needs('Subject: x\r\n\r\n\u00fc\r\n', true), [true, false])
    assert.deepEqual(await needs('Subject: \u00fc\r\n\r\n', true), [true, true])
    assert.deepEqual(await needs('Subject: \u00fc\r\n\r\n', false), [true, false])
  })
})

describe('a loop', () => {
  it('is a header that says we delivered it there before', () => {
    const octets = Buffer.from(
      'X: y\r\ndelivered-to:  Team@Example.Test \r\n\r\nDelivered-To: b@c\r\n',
    )
    const headerSize = octets.indexOf('\r\n\r\n') + 4
    assert.ok(wasDeliveredTo(octets, headerSize, 'team@example.test'))
    assert.ok(wasDeliveredTo(octets, headerSize, 'team+tag@example.test'))
    assert.equal(wasDeliveredTo(octets, headerSize, 'team@other.test'), false)
    assert.equal(wasDeliveredTo(octets, headerSize, 'b@c'), false)
  })

  it('is one whatever tag the address had', () => {
    const octets = Buffer.from('Delivered-To: ada+1@example.test\r\n\r\n')
    for (const address of ['ada@example.test', 'ada+2@example.test', 'ADA+1@example.test']) {
      assert.ok(wasDeliveredTo(octets, octets.length, address), address)
    }
    assert.equal(wasDeliveredTo(octets, octets.length, 'ada@example.test+1'), false)
  })

  it('is looked for in a field of any size', () => {
    // In a time that grew with its square, these took an hour.
    for (const value of ['+'.repeat(1_000_000), `${'+@'.repeat(500_000)}+`]) {
      const octets = Buffer.from(`Delivered-To: a${value}\r\n\r\n`)
      assert.equal(wasDeliveredTo(octets, octets.length, 'ada@example.test'), false)
    }
  })
})

describe('what the sender asks of the way on', () => {
  const remote = [to('a@example.org', { remote: [{ address: 'a@example.org' }] })]
  const isOptional = async (field: string): Promise<boolean | undefined> =>
    (await outbound(accepted(remote, `Subject: x\r\n${field}\r\nbody\r\n`)))?.isTlsOptional

  it('is taken from TLS-Required, whose only value is No (RFC 8689 §5)', async () => {
    for (const field of [
      'TLS-Required: No',
      'tls-required:no',
      'TLS-Required:\r\n (why) No (so)',
    ]) {
      assert.equal(await isOptional(`${field}\r\n`), true, field)
    }
    for (const field of ['TLS-Required: yes', 'TLS-Required: No way', 'TLS-Required:', 'X: 1']) {
      assert.equal(await isOptional(`${field}\r\n`), false, field)
    }
    assert.equal(await isOptional('\r\nTLS-Required: No'), false)
  })

  it('is TLS by all means where MAIL said REQUIRETLS, whatever the field says', async () => {
    const message = accepted(remote, 'TLS-Required: No\r\n\r\n')
    const mail = { ...message.envelope.mail, requiresTls: true }
    const queued = await outbound({ ...message, envelope: { ...message.envelope, mail } })
    assert.equal(queued?.requiresTls, true)
    assert.equal(queued?.isTlsOptional, false)
  })

  it('is not to go before a time', async () => {
    const message = accepted(remote)
    const releaseAt = new Date(1e12)
    const mail = { ...message.envelope.mail, releaseAt }
    const queued = await outbound({ ...message, envelope: { ...message.envelope, mail } })
    assert.equal(queued?.releaseAt, releaseAt)
    assert.equal((await outbound(message))?.releaseAt, undefined)
  })
})
