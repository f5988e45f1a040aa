import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { causeOf, parseReply } from '@posthouse/smtp'
import { at, ManyHosts, type Sent } from './house/outbound-many-hosts.ts'
import { parseReport } from './house/outbound-report.ts'
import { absent } from './house/run-program.ts'

// What a sender reads when a host refuses in the words of a large provider: the whole way, through Python's email package.

const skip = absent('python3')
const file = new URL('../vectors/smtp-replies/providers.txt', import.meta.url)
let world: ManyHosts

before(async () => {
  if (skip === false) world = await ManyHosts.start()
})
after(async () => {
  if (skip === false) await world.stop()
})

/** The final ones of the replies: one for each cause, all of them at full size. */
async function finalReplies(): Promise<readonly string[]> {
  const lines = (await readFile(file, 'utf8')).split('\n')
  const rows = lines
    .map((line) => line.split(' | '))
    .filter(([, , reply = '']) => /^5\d\d /.test(reply))
  const isFull = process.env['POSTHOUSE_TEST_LONG'] === '1'
  const chosen = new Map(rows.map(([cause = '', , reply = '']) => [isFull ? reply : cause, reply]))
  return [...chosen.values()].slice(0, most)
}

/** Hosts that there are; and the sender’s cap of new recipients is not far above. */
const most = 100

/** At RCPT, or after the message. At RCPT 552 is not final (RFC 5321 §4.5.3.1.10). */
async function refused(reply: string, index: number): Promise<Sent> {
  const isLate = index % 2 === 1 || reply.startsWith('552')
  return await world.send(at(isLate ? 'text' : 'RCPT', reply))
}

test('the first five lines of a bounce say who, why, and what to do', { skip }, async () => {
  const replies = await finalReplies()
  assert.ok(replies.length > 20, `${replies.length} replies`)
  for (const [index, words] of replies.entries()) {
    const { to, queueId, name } = await refused(words, index)
    const [item] = await world.house.settled(queueId)
    assert.equal(item?.state, 'bounced', words)
    const report = await parseReport(await world.house.report(to))
    const reply = parseReply(words)
    assert.ok(reply, words)
    const { say, next } = causeOf(reply, name)
    const top = report.text.split('\n').slice(0, 5).join(' ').replaceAll(/\s+/g, ' ')
    for (const part of [to, say, next]) assert.ok(top.includes(part), `${part}\n${report.text}`)
    const [about] = report.recipients
    assert.equal(about?.['final-recipient'], `rfc822; ${to}`)
    assert.equal(about['action'], 'failed')
    assert.equal(about['remote-mta'], `dns; ${name}`)
    assert.match(about['status'] ?? '', /^5\.\d{1,3}\.\d{1,3}$/)
    const quoted = (about['diagnostic-code'] ?? '').replaceAll(/\s+/g, ' ')
    assert.ok(quoted.startsWith(`smtp; ${words.slice(0, 60).replaceAll(/\s+/g, ' ')}`), quoted)
  }
})
