import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { domainToASCII } from 'node:url'
import type { Config } from '@posthouse/config'
import { computeFacts, formatDateTime } from '@posthouse/message'
import {
  newUuid,
  parseStoreAddress,
  uuidToBase32,
  type QueueItem,
  type Store,
} from '@posthouse/store'
import { CliError } from '../cli-error.ts'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { configOf } from '../config-of.ts'
import { kind } from '../output/kind.ts'
import { optional, orNull, string } from '../output/shape.ts'
import { printable } from '../output/table.ts'
import type { Terminal } from '../output/terminal.ts'
import { talkSmtp } from '../smtp-dialogue.ts'
import { readStatus } from '../up/state-file.ts'
import { withStore } from '../with-store.ts'

/** What became of it. */
const testMessageKind = kind('TestMessage', 'a test message, and what became of it', {
  queueId: optional(string),
  from: string,
  to: string,
  state: string,
  reply: orNull(string),
})

/** What `send-test` was asked for. */
export interface SendTestOptions extends CommonOptions {
  readonly to: string
  readonly timeout: string
}

interface TestMail {
  readonly from: string
  readonly to: string
  readonly octets: Buffer
}

/**
 * `posthouse send-test FROM --to ADDRESS`: to an address of this server through its own MX port, as any other
 * server would; to others through the queue, followed until it is delivered, refused or the time is up.
 */
export async function sendTest(from: string, options: SendTestOptions): Promise<void> {
  const terminal = terminalOf(options)
  const config = configOf(options)
  const timeoutMs = readSeconds(options.timeout) * 1000
  const mail = testMail(checked(from), checked(options.to), config.hostname)
  await withStore(options, async (store) => {
    const { kind: where } = await store.resolve(mail.to)
    if (where === 'foreign') await sendAway(store, terminal, mail, timeoutMs)
    else await sendHere(config, terminal, mail)
  })
}

function readSeconds(text: string): number {
  const seconds = Number(text)
  if (Number.isFinite(seconds) && seconds >= 0) return seconds
  throw new CliError('usage', 'usage.timeout', `"${text}" is not a number of seconds`)
}

/** The address as the store reads it; what it cannot read could not be put into a command either. */
function checked(address: string): string {
  if (parseStoreAddress(address) !== undefined && !/[<>\s]/.test(address)) return address
  throw new CliError('usage', 'usage.address', `"${address}" is not a mail address`)
}

function testMail(from: string, to: string, hostname: string): TestMail {
  const lines = [
    `Date: ${formatDateTime(new Date())}`,
    `From: <${from}>`,
    `To: <${to}>`,
    `Subject: Test message from ${hostname}`,
    `Message-ID: <${randomUUID()}@${hostname}>`,
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'This is the test message you asked for with: posthouse send-test',
    '',
  ]
  return { from, to, octets: Buffer.from(lines.join('\r\n')) }
}

async function sendHere(config: Config, terminal: Terminal, mail: TestMail): Promise<void> {
  const status = await readStatus(config.dataDir)
  const mx = status?.apps.flatMap(({ listeners }) => listeners).find(({ name }) => name === 'mx')
  if (mx === undefined)
    throw new CliError(
      'unreachable',
      'send_test.no_mx',
      'Nothing takes mail: the MX does not run',
      'start it with: posthouse up',
    )
  const { host, port } = mx
  terminal.talk(`Through ${host} port ${port}:`)
  const { isAccepted, reply } = await talkSmtp({
    host,
    port,
    helo: config.hostname,
    from: mail.from,
    to: mail.to,
    message: mail.octets,
    hear: ({ by, line }) => terminal.talk(`  ${by === 'us' ? '>' : '<'} ${printable(line)}`),
  })
  if (!isAccepted) throw new CliError('failed', 'send_test.refused', `Refused: ${printable(reply)}`)
  const fields = { from: mail.from, to: mail.to, state: 'delivered', reply }
  terminal.object(testMessageKind, { id: reply.split(' ').at(-1) ?? '', fields })
  terminal.talk(`Delivered: it is in the mailbox of ${mail.to}, for IMAP and POP3 alike.`)
  terminal.next('posthouse status')
}

async function sendAway(
  store: Store,
  terminal: Terminal,
  mail: TestMail,
  timeoutMs: number,
): Promise<void> {
  const queueId = uuidToBase32(newUuid())
  await store.deliver({
    octets: mail.octets,
    facts: computeFacts(mail.octets),
    receivedAt: new Date(),
    queueId,
    recipients: [],
    outbound: {
      account: null,
      sender: mail.from,
      prefix: Buffer.alloc(0),
      recipients: [{ address: mail.to }],
      isEightBit: false,
      needsSmtpUtf8: !/^[\u0000-\u007f]*$/.test(mail.from + mail.to),
      // Signed as a user's message is: it is to show what receivers will make of those.
      authorDomain: domainToASCII(mail.from.slice(mail.from.lastIndexOf('@') + 1)).toLowerCase(),
    },
  })
  terminal.talk(`In the queue as ${queueId}; following it …`)
  const item = await follow(store, terminal, queueId, timeoutMs)
  tellEnd(terminal, mail, queueId, item)
}

/** Tells every attempt; returns when one was final or the time is up. */
async function follow(
  store: Store,
  terminal: Terminal,
  queueId: string,
  timeoutMs: number,
): Promise<QueueItem | undefined> {
  const deadlineMs = performance.now() + timeoutMs
  let told = 0
  for (;;) {
    const [item] = await store.queue.show(queueId)
    if (item !== undefined && item.attempts > told && item.lastOutcome !== undefined) {
      told = item.attempts
      terminal.talk(`  ${item.lastOutcome}: ${printable(wordsOf(item))}`)
    }
    const isOver = item === undefined || ['delivered', 'bounced', 'dropped'].includes(item.state)
    if (isOver || performance.now() >= deadlineMs) return item
    await setTimeout(250)
  }
}

function tellEnd(
  terminal: Terminal,
  mail: TestMail,
  queueId: string,
  item: QueueItem | undefined,
): void {
  const state = item?.state ?? 'unknown'
  const reply = item === undefined ? null : wordsOf(item)
  const fields = { queueId, from: mail.from, to: mail.to, state, reply }
  if (state === 'bounced' || state === 'dropped')
    throw new CliError('failed', 'send_test.bounced', `Not delivered: ${printable(reply ?? state)}`)
  terminal.object(testMessageKind, { id: queueId, fields })
  if (state === 'delivered') {
    terminal.talk(`Delivered to the server of ${mail.to}.`)
    return terminal.next(`posthouse trace ${queueId}`)
  }
  throw new CliError(
    'pending',
    'send_test.pending',
    `Not delivered yet (${state}); it is tried again by itself`,
    'posthouse status',
  )
}

function wordsOf({ last }: QueueItem): string {
  if (last === undefined) return 'no answer yet'
  return `${last.host ?? ''} ${last.code ?? ''} ${last.enhanced ?? ''} ${last.text}`
    .replaceAll(/ +/g, ' ')
    .trim()
}
