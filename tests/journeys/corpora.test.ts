import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { corpusMessages, hasCorpora, isRefusedBySmtp, type CorpusMessage } from './house/corpus.ts'
import { ImapSession } from './house/imap-session.ts'
import { Pop3Session } from './house/pop3-session.ts'
import { ProcessSuite } from './house/process-suite.ts'
import { replyCode, transportTo } from './house/transport.ts'

const user = 'corpus@example.test'
let suite: ProcessSuite
let messages: readonly CorpusMessage[]
/** What must be in the mailbox, in the order of arrival. */
const kept: { readonly message: CorpusMessage; readonly way: 'smtp' | 'append' }[] = []

before(async () => {
  suite = await ProcessSuite.start({ args: ['mx', 'imap', 'pop3'] })
  await suite.posthouse(['domain', 'add', 'example.test'])
  await suite.account(user)
  // Real mail of twenty years is not all wanted mail: what the filter makes of it is another test's business.
  await suite.posthouse(['filter', 'set', 'stages.off=all'])
  messages = await corpusMessages()
})
after(() => suite.stop())

test(`every message goes in, by SMTP or else by APPEND (${hasCorpora ? 'corpora' : 'small set'})`, async (t) => {
  const transport = transportTo(suite, 'mx', { connections: 1 })
  t.after(() => transport.close())
  const imap = await ImapSession.open(suite, user)
  for (const message of messages) {
    const refusal = await refusalOf(transport, message)
    if (refusal === undefined) {
      kept.push({ message, way: 'smtp' })
      continue
    }
    const answer = await imap.append('INBOX', message.octets)
    if (answer.startsWith('OK')) kept.push({ message, way: 'append' })
    else assert.ok(message.octets.includes(0), `${message.name}: APPEND said ${answer}`)
  }
  await imap.close()
  t.diagnostic(`${kept.length} of ${messages.length} messages are kept`)
  assert.ok(kept.some(({ way }) => way === 'smtp'))
})

test('every message comes back over IMAP byte for byte, and sizes agree', async () => {
  const imap = await ImapSession.open(suite, user)
  const fetched = await imap.fetchAll('INBOX')
  await imap.close()
  assert.equal(fetched.length, kept.length)
  for (const [index, { message, way }] of kept.entries()) {
    const { body, size } = fetched[index] ?? { body: '', size: 0 }
    assert.equal(size, body.length, message.name)
    assertSame(message, way, body)
  }
})

test('every message comes back over POP3 byte for byte, and sizes agree', async () => {
  const pop3 = await Pop3Session.open(suite, user)
  const sizes = await pop3.sizes()
  assert.equal(sizes.length, kept.length)
  for (const [index, { message, way }] of kept.entries()) {
    const body = await pop3.retrieve(index + 1)
    // A message from APPEND may lack its last line end; RETR must give it one.
    const isCut = sizes[index] === body.length - 2
    if (!isCut) assert.equal(sizes[index], body.length, message.name)
    assertSame(message, way, isCut ? body.slice(0, -2) : body)
  }
  await pop3.close()
})

/** @returns nothing if the message was taken */
async function refusalOf(
  transport: ReturnType<typeof transportTo>,
  { name, octets }: CorpusMessage,
): Promise<string | undefined> {
  try {
    const envelope = { from: 'sender@elsewhere.test', to: user, use8BitMime: true }
    if (!isRefusedBySmtp(octets)) {
      await transport.sendMail({ envelope, raw: octets })
      return undefined
    }
    return 'bare CR, bare LF or NUL'
  } catch (error) {
    // 554 5.4.6: more Received fields than a loop has.
    assert.equal(replyCode(error), 554, `${name}: ${String(error)}`)
    return String(error)
  }
}

/** What we prepend is whole header fields; what follows is what was sent. */
function assertSame(message: CorpusMessage, way: 'smtp' | 'append', body: string): void {
  const sent = message.octets.toString('latin1')
  const whole = way === 'smtp' && !sent.endsWith('\r\n') ? `${sent}\r\n` : sent
  assert.ok(body.endsWith(whole), `${message.name} was changed`)
  const prefix = body.slice(0, body.length - whole.length)
  if (way === 'append') return assert.equal(prefix, '', message.name)
  assert.match(prefix, /^Return-Path: <sender@elsewhere\.test>\r\n/, message.name)
  assert.match(prefix, /^([!-9;-~]+:[^\r\n]*\r\n([ \t][^\r\n]*\r\n)*)+$/, message.name)
}
