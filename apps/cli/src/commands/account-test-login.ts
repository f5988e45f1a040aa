import { sessionProtocols, type SessionProtocol } from '@posthouse/app'
import type { Config } from '@posthouse/config'
import type { Account, Store } from '@posthouse/store'
import { knownPassword, type PasswordOptions } from '../ask.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { configOf } from '../config-of.ts'
import { exitCodes } from '../exit-codes.ts'
import { attempt } from '../login-test/attempt.ts'
import type { Credentials } from '../login-test/dialogues.ts'
import { placeOf, type Place } from '../login-test/place.ts'
import { barredVerdict, liveVerdict, type Verdict } from '../login-test/verdict.ts'
import { kind, type FieldsOfKind } from '../output/kind.ts'
import { boolean, oneOf, string } from '../output/shape.ts'
import type { Item } from '../output/terminal.ts'
import { withStoreIfThere } from '../with-store.ts'
import { findAccount } from './find-account.ts'

const testKind = kind('LoginTest', 'How a sign-in is, over the listener that mail programs use.', {
  protocol: oneOf(...sessionProtocols),
  server: string,
  ok: boolean,
  cause: string,
  says: string,
})

/** Whose sign-in is tried, and what with; no store: the database is away. */
interface Trial {
  readonly address: string
  readonly credentials: Credentials
  readonly config: Config
  readonly store: Store | undefined
  readonly account: Account | undefined
}

/**
 * `posthouse account test-login ADDRESS [--protocol P]`: a real sign-in, and what is truly in its way.
 *
 * The store is asked first, which counts nothing: a password that is wrong never reaches a listener, where it would count
 * against everybody who signs in from this machine (a webmail's users, say).
 */
export async function testLogin(
  address: string,
  options: CommonOptions & PasswordOptions & { readonly protocol?: string | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  const protocols = chosen(options.protocol)
  const credentials = { login: address, password: await knownPassword(options) }
  const config = configOf(options)
  const tests = await withStoreIfThere(options, async (store) => {
    const account = store === undefined ? undefined : await findAccount(store, address)
    const trial = { address: account?.address ?? address, credentials, config, store, account }
    const done: { protocol: SessionProtocol; place: Place; verdict: Verdict }[] = []
    // One after the other: a POP3 session is alone in its maildrop.
    for (const protocol of protocols) {
      const place = await placeOf(protocol, config)
      done.push({ protocol, place, verdict: await verdictOn(protocol, place, trial) })
    }
    return done
  })
  terminal.list(
    testKind,
    tests.map(({ protocol, place, verdict }) => itemOf(protocol, place, verdict)),
    ['protocol', 'server', 'ok', 'says'],
  )
  const next = new Set(tests.flatMap(({ verdict }) => verdict.next ?? []))
  if (next.size > 0) terminal.next(...next)
  const bad = tests.filter(({ verdict }) => !verdict.isOk).map(({ verdict }) => verdict.cause)
  if (bad.length > 0) process.exitCode = exitCodes.checkFailed
  if (bad.some((cause) => cause === 'listener' || cause === 'database'))
    process.exitCode = exitCodes.unreachable
}

async function verdictOn(
  protocol: SessionProtocol,
  place: Place,
  { address, credentials, store, account }: Trial,
): Promise<Verdict> {
  const { login, password } = credentials
  const context = { protocol, address: '127.0.0.1' }
  const obstacle = await store?.accounts.examine(login, password, context)
  if (obstacle !== undefined) return barredVerdict(obstacle, address)
  const answer = await attempt(protocol, place, credentials)
  return liveVerdict(answer, {
    address,
    isStoreThere: store !== undefined,
    network: await store?.networkRules.why(place.host),
    quota: account === undefined ? undefined : await store?.quotas.show(account.id),
  })
}

function chosen(words: string | undefined): readonly SessionProtocol[] {
  if (words === undefined) return sessionProtocols
  const name = words.toLowerCase() === 'smtp' ? 'submission' : words.toLowerCase()
  const protocol = sessionProtocols.find((one) => one === name)
  if (protocol !== undefined) return [protocol]
  const hint = 'protocols: imap, pop3, smtp'
  throw new CliError('usage', 'account.protocol', `There is no protocol "${words}"`, hint)
}

function itemOf(
  protocol: SessionProtocol,
  { name, host, port }: Place,
  { isOk, cause, says }: Verdict,
): Item<FieldsOfKind<typeof testKind>> {
  const server = `${name}:${port} (${host})`
  return { id: protocol, fields: { protocol, server, ok: isOk, cause, says } }
}
