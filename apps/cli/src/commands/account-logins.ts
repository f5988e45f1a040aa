import type { SignInRecord } from '@posthouse/store'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { kind, type FieldsOfKind } from '../output/kind.ts'
import { integer, orNull, string, dateTime } from '../output/shape.ts'
import type { Item, Terminal } from '../output/terminal.ts'
import { withStore } from '../with-store.ts'
import { findAccount } from './find-account.ts'
import { signInWords } from './sign-in-words.ts'
import { limitOf, sinceOf } from './list-bounds.ts'

const loginKind = kind(
  'AccountLogin',
  'Attempts to sign in that were alike: successes of a day (UTC), failures of an hour.',
  {
    last: dateTime,
    first: dateTime,
    times: integer,
    protocol: string,
    client: string,
    by: string,
    appPassword: orNull(string),
    result: string,
    reason: string,
  },
)

const columns = ['last', 'times', 'protocol', 'client', 'by', 'reason'] as const

/** More than anybody reads, and all that there are of one account. */
const mostLines = 2_000

/** `posthouse account logins ADDRESS [--failed]`: who signed in, who did not get in, and why. */
export async function listLogins(
  address: string,
  options: CommonOptions & {
    readonly failed?: boolean | undefined
    readonly since?: string | undefined
    readonly limit: string
  },
): Promise<void> {
  const terminal = terminalOf(options)
  const since = sinceOf(options.since, 'logins.since')
  const filter = {
    onlyFailed: options.failed === true,
    limit: limitOf(options.limit, mostLines, 'lines', 'logins.limit'),
    ...(since === undefined ? {} : { since }),
  }
  await withStore(options, async (store) => {
    const account = await findAccount(store, address)
    const records = await store.signIns.list(account.id, filter)
    terminal.list(loginKind, records.map(itemOf), columns)
    if (records.length === 0)
      return terminal.talk(
        `Nobody ${filter.onlyFailed ? 'failed to sign' : 'tried to sign'} in to ${account.address} in the last 30 days.`,
      )
    advise(terminal, account.address, records)
  })
}

/** The newest failure decides what is worth looking at. */
function advise(terminal: Terminal, address: string, records: readonly SignInRecord[]): void {
  const failure = records.find(({ result }) => result !== 'ok')
  if (failure === undefined) return terminal.next(`posthouse account sessions ${address}`)
  if (failure.result.startsWith('throttled'))
    return terminal.next(`posthouse ban why ${failure.client.replace(/\/.*/, '')}`)
  if (failure.result === 'disabled') return terminal.next(`posthouse account enable ${address}`)
  if (failure.appPassword !== undefined || failure.result === 'app-password')
    return terminal.next(`posthouse app-password list ${address}`)
  terminal.next(`posthouse account test-login ${address} --protocol ${wordOf(failure.protocol)}`)
}

function wordOf(protocol: SignInRecord['protocol']): string {
  return protocol === 'submission' ? 'smtp' : protocol
}

function itemOf(record: SignInRecord): Item<FieldsOfKind<typeof loginKind>> {
  const { protocol, client, result, appPassword, times, firstAt, lastAt } = record
  const by =
    appPassword === undefined ? 'password' : `app password ${appPassword.name ?? appPassword.id}`
  return {
    id: lastAt.toISOString(),
    fields: {
      last: lastAt.toISOString(),
      first: firstAt.toISOString(),
      times,
      protocol,
      // One row for all that came at once (`SignInRecord.client`).
      client: client === '0.0.0.0/0' ? 'many' : client,
      by,
      appPassword: appPassword?.id ?? null,
      result,
      reason: signInWords[result],
    },
  }
}
