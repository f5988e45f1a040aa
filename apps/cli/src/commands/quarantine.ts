import type {
  KeptVerdict,
  QuarantinedMessage,
  QuarantineQuery,
  QuarantineReason,
  Store,
} from '@posthouse/store'
import { CliError } from '../cli-error.ts'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { kind, type FieldsOfKind, type ItemOf } from '../output/kind.ts'
import { dateTime, integer, oneOf, optional, orNull, string } from '../output/shape.ts'
import type { Terminal } from '../output/terminal.ts'
import { printable } from '../output/table.ts'
import {
  readableFields,
  readableLines,
  readableMessage,
  readableShapes,
  type ReadableMessage,
} from '../reading/readable-message.ts'
import { withStore } from '../with-store.ts'
import { findAccount } from './find-account.ts'
import { limitOf, sinceOf } from './list-bounds.ts'
import { findingRows, stageRows, verdictFieldsOf, verdictShapes } from './verdict-item.ts'

/** More than anybody reads. */
const mostMessages = 100_000

/** A header of a megabyte is for nobody's eyes. */
const mostHeaderBytes = 64 * 1024

const columns = ['id', 'kept', 'reason', 'for', 'sender', 'subject', 'size'] as const

/** A message that is kept aside; with its verdict, header and text where `quarantine show` is asked for them. */
export const quarantinedKind = kind('QuarantinedMessage', 'a message that is kept aside', {
  id: string,
  kept: dateTime,
  received: dateTime,
  reason: oneOf('spam', 'virus', 'policy'),
  for: orNull(string),
  recipient: string,
  sender: string,
  subject: string,
  size: integer,
  queueId: string,
  ...verdictShapes,
  action: optional(verdictShapes.action),
  points: optional(verdictShapes.points),
  junkAt: optional(verdictShapes.junkAt),
  why: optional(verdictShapes.why),
  text: optional(verdictShapes.text),
  header: optional(string),
  ...readableShapes,
})

/** Which messages are listed. */
export interface QuarantineListOptions extends CommonOptions {
  readonly for?: string | undefined
  readonly domain?: string | undefined
  readonly reason?: string | undefined
  readonly since?: string | undefined
  readonly limit: string
}

/** `posthouse quarantine list`. */
export async function listQuarantine(options: QuarantineListOptions): Promise<void> {
  const terminal = terminalOf(options)
  const rest = queryOf(options)
  await withStore(options, async (store) => {
    const account = options.for === undefined ? undefined : await findAccount(store, options.for)
    const query = { ...rest, ...(account !== undefined && { account: account.id }) }
    const list = await store.quarantine.list(query)
    terminal.list(
      quarantinedKind,
      list.map((message) => quarantineItem(message)),
      columns,
    )
    if (list.length === 0) terminal.talk('Nothing is kept aside.')
    else terminal.next(`posthouse quarantine show ${list[0]?.id ?? ''} --why`)
  })
}

/** `posthouse quarantine show ID`. */
export async function showQuarantined(
  id: string,
  options: CommonOptions & {
    readonly why?: boolean | undefined
    readonly headers?: boolean | undefined
    readonly text?: boolean | undefined
  },
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const message = await findQuarantined(store, id)
    const verdict = await store.verdicts.find(message.queueId)
    const header = options.headers === true ? await headerOf(store, id) : undefined
    const readable = options.text === true ? await readableOf(store, id) : undefined
    const item = quarantineItem(message, {
      ...(verdict !== undefined && verdictFieldsOf(verdict, options.why === true)),
    })
    if (!terminal.isTalking) {
      const more = { ...(header !== undefined && { header }), ...readableFields(readable) }
      return terminal.object(quarantinedKind, { id, fields: { ...item.fields, ...more } })
    }
    terminal.show(quarantinedKind, item, ['findings', 'stages'])
    if (options.why === true) explain(terminal, verdict)
    if (header !== undefined) terminal.data(`\n${header}`)
    if (readable !== undefined) terminal.data(`\n${readableLines(readable).join('\n')}`)
    terminal.next(`posthouse quarantine release ${message.id}`)
  })
}

function explain(terminal: Terminal, verdict: KeptVerdict | undefined): void {
  if (verdict === undefined) return terminal.talk('Its verdict is not kept any more.')
  terminal.data('\nWhy:')
  terminal.table(findingRows(verdict), ['points', 'symbol', 'reason'])
  for (const { name, outcome, because } of stageRows(verdict)) {
    if (outcome !== 'done')
      terminal.talk(printable(`${name} ${outcome}: ${because ?? 'no word why'}`))
  }
}

/** The message of this id, or the error that says there is none. */
export async function findQuarantined(store: Store, id: string): Promise<QuarantinedMessage> {
  const message = await store.quarantine.show(id)
  if (message !== undefined) return message
  const hint = 'posthouse quarantine list'
  throw new CliError('notFound', 'quarantine.not_found', `Nothing is kept under ${id}`, hint)
}

/** A message as it is listed. */
export function quarantineItem(
  message: QuarantinedMessage,
  more: Partial<FieldsOfKind<typeof quarantinedKind>> = {},
): ItemOf<typeof quarantinedKind> {
  const { id, address, queueId, reason, recipient, sender, subject, size } = message
  return {
    id,
    fields: {
      id,
      kept: message.keptAt.toISOString(),
      received: message.receivedAt.toISOString(),
      reason,
      for: address ?? null,
      recipient,
      sender: sender === '' ? '<>' : sender,
      subject,
      size,
      queueId,
      ...more,
    },
  }
}

function queryOf(options: QuarantineListOptions): QuarantineQuery {
  const { domain, since, limit } = options
  const reason = reasonOf(options.reason)
  const moment = sinceOf(since, 'quarantine.since')
  return {
    limit: limitOf(limit, mostMessages, 'messages', 'quarantine.limit'),
    ...(reason !== undefined && { reason }),
    ...(domain !== undefined && { domain }),
    ...(moment !== undefined && { since: moment }),
  }
}

function reasonOf(text: string | undefined): QuarantineReason | undefined {
  if (text === undefined || text === 'spam' || text === 'virus' || text === 'policy') return text
  const hint = 'spam, virus or policy'
  throw new CliError('usage', 'quarantine.reason', `"${text}" is no reason`, hint)
}

async function readableOf(store: Store, id: string): Promise<ReadableMessage | undefined> {
  const octets = await store.quarantine.octets(id)
  return octets === undefined ? undefined : readableMessage(octets.content)
}

/** Up to the empty line, with what stands before it here. */
async function headerOf(store: Store, id: string): Promise<string> {
  const octets = await store.quarantine.octets(id)
  if (octets === undefined) return ''
  const end = octets.content.indexOf('\r\n\r\n')
  const whole = end === -1 ? octets.content : octets.content.subarray(0, end)
  const header = whole.subarray(0, mostHeaderBytes)
  const lines = Buffer.concat([octets.prefix, header]).toString('utf8').split('\r\n')
  return lines.map(printable).join('\n')
}
