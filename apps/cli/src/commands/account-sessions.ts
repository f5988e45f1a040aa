import {
  sessionProtocols,
  type Part,
  type SessionFacts,
  type SessionProtocol,
} from '@posthouse/app'
import { uuidToBase32 } from '@posthouse/store'
import { askSuite } from '../ask-suite.ts'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions, type CommonOptions } from '../command-options.ts'
import { exitCodes } from '../exit-codes.ts'
import { kind, type FieldsOfKind } from '../output/kind.ts'
import { dateTime, integer, oneOf, orNull, string } from '../output/shape.ts'
import type { Item, Terminal } from '../output/terminal.ts'
import { withStore } from '../with-store.ts'
import { findAccount } from './find-account.ts'

const sessionKind = kind('Session', 'One session of somebody who is signed in.', {
  id: string,
  protocol: oneOf(...sessionProtocols),
  address: string,
  since: dateTime,
  client: string,
  tls: orNull(string),
  program: orNull(string),
  by: string,
  appPassword: orNull(string),
  state: string,
})

const kickKind = kind('AccountKick', 'Sessions of an account that were ended.', {
  address: string,
  protocol: orNull(oneOf(...sessionProtocols)),
  ended: integer,
  cut: integer,
})

/** Names of app passwords by their ids. */
type Names = ReadonlyMap<string, string>

const columns = ['protocol', 'since', 'client', 'tls', 'program', 'by', 'state'] as const

/** `posthouse account sessions [ADDRESS]`: who is signed in at this moment. */
export async function listSessions(
  address: string | undefined,
  options: CommonOptions,
): Promise<void> {
  const terminal = terminalOf(options)
  const parts = await askSuite(options, 'sessions', {})
  const all = parts.flatMap((part) => ('answer' in part ? part.answer : []))
  const found = all
    .filter((one) => address === undefined || isSame(one.address, address))
    .toSorted((a, b) => compare(a.address, b.address) || compare(a.since, b.since))
  // No sessions, or no such account: only the store knows.
  if (address !== undefined && found.length === 0)
    await withStore(options, (store) => findAccount(store, address))
  const names = await namesOf(found, options)
  const shown = address === undefined ? (['address', ...columns] as const) : columns
  terminal.list(
    sessionKind,
    found.map((facts) => itemOf(facts, names)),
    shown,
  )
  tellSilence(terminal, parts)
  if (found.length === 0) return terminal.talk('Nobody is signed in.')
  terminal.next(`posthouse account kick ${found[0]?.address ?? 'ADDRESS'}`)
}

/** `posthouse account kick ADDRESS [--protocol P]`: ends its sessions, each with its protocol's goodbye. */
export async function kickAccount(
  address: string,
  options: ChangeOptions & { readonly protocol?: string | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  const protocol = protocolOf(options.protocol)
  await withStore(options, async (store) => {
    const account = await findAccount(store, address)
    const open = (await askSuite(options, 'sessions', { account: account.id }))
      .flatMap((part) => ('answer' in part ? part.answer : []))
      .filter((one) => protocol === undefined || one.protocol === protocol).length
    if (options.dryRun === true)
      return terminal.talk(`Would end ${sessionsText(open)} of ${account.address}`)
    // Before it is done: what cannot be noted is not done.
    const details = { protocol: protocol ?? 'all', sessions: open }
    await store.audit.write(commandLineActor(), 'account.kicked', account.address, details)
    const parts = await askSuite(options, 'kick', { account: account.id, protocol })
    const outcomes = parts.flatMap((part) => ('answer' in part ? [part.answer] : []))
    const ended = outcomes.reduce((sum, one) => sum + one.ended, 0)
    const cut = outcomes.reduce((sum, one) => sum + one.cut, 0)
    terminal.object(kickKind, {
      id: account.address,
      fields: { address: account.address, protocol: protocol ?? null, ended, cut },
    })
    const cutText = cut === 0 ? '' : `; ${cut} of them did not come to an end and were cut`
    terminal.talk(`Ended ${sessionsText(ended + cut)} of ${account.address}${cutText}.`)
    tellSilence(terminal, parts)
    terminal.next(
      `posthouse account disable ${account.address}   (mail programs sign in again by themselves)`,
    )
  })
}

function protocolOf(words: string | undefined): SessionProtocol | undefined {
  if (words === undefined) return undefined
  const protocol = sessionProtocols.find((name) => name === words.toLowerCase())
  if (protocol !== undefined) return protocol
  const hint = `protocols: ${sessionProtocols.join(', ')}`
  throw new CliError('usage', 'account.protocol', `There is no protocol "${words}"`, hint)
}

/** A process that says nothing may have sessions that are not shown. */
function tellSilence(terminal: Terminal, parts: readonly Part<unknown>[]): void {
  for (const part of parts) {
    if (!('silent' in part)) continue
    terminal.talk(`${part.app} (pid ${part.pid}) does not answer: ${part.silent}`)
    process.exitCode = exitCodes.partial
  }
}

/** What the owners of app passwords call them; without the database nobody knows. */
async function namesOf(sessions: readonly SessionFacts[], options: CommonOptions): Promise<Names> {
  const byAppPassword = sessions.filter(({ appPassword }) => appPassword !== null)
  const accounts = new Set(byAppPassword.map(({ address }) => address))
  if (accounts.size === 0) return new Map()
  try {
    return await withStore(options, async (store) => {
      const lists = await Promise.all([...accounts].map((one) => store.appPasswords.list(one)))
      return new Map(lists.flatMap((list) => (list ?? []).map(({ id, name }) => [id, name])))
    })
  } catch (error) {
    if (error instanceof Error && error.name === 'StoreUnavailable') return new Map()
    throw error
  }
}

function itemOf(facts: SessionFacts, names: Names): Item<FieldsOfKind<typeof sessionKind>> {
  const { id, protocol, address, since, client, tls, program, state } = facts
  const appPassword = facts.appPassword === null ? null : uuidToBase32(facts.appPassword)
  const by =
    appPassword === null ? 'password' : `app password ${names.get(appPassword) ?? appPassword}`
  const fields = { id, protocol, address, since, client, tls, program, by, appPassword, state }
  return { id, fields }
}

function sessionsText(number: number): string {
  return number === 1 ? 'one session' : `${number} sessions`
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
