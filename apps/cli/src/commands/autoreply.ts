import { readFile } from 'node:fs/promises'
import type { Autoreply, AutoreplyState } from '@posthouse/store'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions, type CommonOptions } from '../command-options.ts'
import { printable } from '../output/table.ts'
import { kind, type ItemOf } from '../output/kind.ts'
import { boolean, dateTime, integer, orNull, string } from '../output/shape.ts'
import { withStore } from '../with-store.ts'
import { findAccount } from './find-account.ts'
import { parseDuration, parseMoment } from './parse-quantity.ts'

/** What is answered. */
const autoreplyKind = kind('Autoreply', 'an answer that an account gives by itself', {
  address: string,
  active: boolean,
  from: orNull(dateTime),
  until: orNull(dateTime),
  answered: integer,
  subject: orNull(string),
  body: string,
  set: dateTime,
})

/** How an autoreply is set. */
export interface AutoreplyOptions extends ChangeOptions {
  readonly bodyFile: string
  readonly subject?: string | undefined
  readonly from?: string | undefined
  readonly until?: string | undefined
}

/** `posthouse autoreply set ACCOUNT`. */
export async function setAutoreply(account: string, options: AutoreplyOptions): Promise<void> {
  const terminal = terminalOf(options)
  const reply = await replyOf(options)
  await withStore(options, async (store) => {
    const { address } = await findAccount(store, account)
    const when = periodOf(reply)
    if (options.dryRun === true) return terminal.talk(`Would answer mail for ${address} ${when}`)
    const outcome = await store.autoreplies.set(address, reply, commandLineActor())
    if (outcome !== 'done') throw unfit()
    const state = await store.autoreplies.show(address)
    if (state !== undefined) terminal.object(autoreplyKind, itemOf(state))
    terminal.talk(`Mail for ${address} is answered ${when}, each sender once in seven days.`)
    terminal.next(`posthouse autoreply show ${address}`, `posthouse autoreply clear ${address}`)
  })
}

/** `posthouse autoreply show ACCOUNT`. */
export async function showAutoreply(account: string, options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const { address } = await findAccount(store, account)
    const state = await store.autoreplies.show(address)
    if (state === undefined) throw none(address)
    const item = itemOf(state)
    terminal.show(autoreplyKind, item, ['body'])
    if (terminal.isTalking && terminal.presentation.fields.length === 0)
      terminal.data(`\n${state.body.trimEnd().split(/\r?\n/).map(printable).join('\n')}\n`)
    terminal.talk(`Mail for ${address} ${standingOf(state)}.`)
  })
}

/** `posthouse autoreply clear ACCOUNT`. */
export async function clearAutoreply(account: string, options: ChangeOptions): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const { address } = await findAccount(store, account)
    const state = await store.autoreplies.show(address)
    if (state === undefined) throw none(address)
    if (options.dryRun === true) return terminal.talk(`Would no longer answer mail for ${address}`)
    await store.autoreplies.clear(address, commandLineActor())
    terminal.object(autoreplyKind, itemOf(state))
    terminal.talk(`Mail for ${address} is not answered any more; ${state.answered} senders were.`)
    terminal.next(`posthouse autoreply set ${address} --body-file FILE`)
  })
}

async function replyOf(options: AutoreplyOptions): Promise<Autoreply> {
  const { subject } = options
  const from = momentOf(options.from, 'from')
  const until = momentOf(options.until, 'until')
  if (until !== undefined && until <= (from ?? new Date())) {
    throw new CliError('usage', 'usage.period', 'It would end before it begins')
  }
  return {
    body: await textOf(options.bodyFile),
    ...(subject !== undefined && { subject }),
    ...(from !== undefined && { from }),
    ...(until !== undefined && { until }),
  }
}

/** How long from now, or a date. */
function momentOf(text: string | undefined, name: string): Date | undefined {
  if (text === undefined) return undefined
  const seconds = parseDuration(text)
  const now = new Date()
  const moment =
    seconds === undefined ? parseMoment(text, now) : new Date(now.getTime() + seconds * 1000)
  if (moment !== undefined) return moment
  const hint = 'write 2026-12-24, 2026-12-24T18:00 (UTC), or 3d from now'
  throw new CliError('usage', `usage.${name}`, `"${text}" is no time`, hint)
}

async function textOf(file: string): Promise<string> {
  const octets = await octetsOf(file).catch((error: unknown) => {
    const because = error instanceof Error ? error.message : String(error)
    throw new CliError('notFound', 'autoreply.unreadable', `The text cannot be read: ${because}`)
  })
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets)
  } catch {
    throw new CliError('usage', 'autoreply.not_utf8', `${file} is not text in UTF-8`)
  }
}

async function octetsOf(file: string): Promise<Buffer> {
  if (file !== '-') return await readFile(file)
  const pieces: Buffer[] = []
  for await (const piece of process.stdin) if (Buffer.isBuffer(piece)) pieces.push(piece)
  return Buffer.concat(pieces)
}

function standingOf({ isActive, from, until }: AutoreplyState): string {
  const end = until === undefined ? 'until it is cleared' : `until ${until.toISOString()}`
  if (isActive) return `is answered ${end}`
  const begins = from !== undefined && from > new Date()
  return begins
    ? `is not answered yet: from ${from.toISOString()} on, ${end}`
    : 'is not answered any more: its time is over'
}

function periodOf({ from, until }: Pick<Autoreply, 'from' | 'until'>): string {
  const begin = from === undefined ? 'from now on' : `from ${from.toISOString()} on`
  return until === undefined ? begin : `${begin}, until ${until.toISOString()}`
}

function itemOf(state: AutoreplyState): ItemOf<typeof autoreplyKind> {
  const { address, subject, body, from, until, isActive, answered, setAt } = state
  return {
    id: address,
    fields: {
      address,
      active: isActive,
      from: from?.toISOString() ?? null,
      until: until?.toISOString() ?? null,
      answered,
      subject: subject ?? null,
      body,
      set: setAt.toISOString(),
    },
  }
}

function none(address: string): CliError {
  const hint = `posthouse autoreply set ${address} --body-file FILE`
  return new CliError('notFound', 'autoreply.not_found', `${address} answers nobody`, hint)
}

function unfit(): CliError {
  return new CliError(
    'usage',
    'autoreply.unfit',
    'This cannot be sent as an answer',
    'the text: not empty, at most 64 KiB; the subject: one line of at most 500 characters',
  )
}
