import { readFile } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import { Secret } from '@posthouse/config'
import type { NewRelay, Relay, RelayTls } from '@posthouse/store'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions, type CommonOptions } from '../command-options.ts'
import { kind } from '../output/kind.ts'
import { boolean, dateTime, integer, oneOf, orNull, string } from '../output/shape.ts'
import { withStore } from '../with-store.ts'
import { wholeNumber } from './route-options.ts'

const tlsKinds = ['none', 'opportunistic', 'required', 'verified', 'implicit'] as const

/** A relay. */
const relayKind = kind('Relay', 'a host that mail goes through instead of its own way', {
  recipient: string,
  sender: string,
  after: integer,
  host: string,
  port: integer,
  tls: oneOf(...tlsKinds),
  user: orNull(string),
  authUnverified: boolean,
  madeAt: dateTime,
})

/** What `route remove` did. */
const relayRemovalKind = kind('RelayRemoval', 'a relay that is forgotten', {
  recipient: string,
  sender: string,
})

/** Which relay is meant. */
interface PatternOptions {
  readonly sender: string
  readonly after: string
}

/** How it is reached. */
interface RouteOptions extends PatternOptions {
  readonly via: string
  readonly tls?: string | undefined
  readonly authFile?: string | undefined
  readonly authUnverified?: boolean | undefined
}

/** `posthouse route add PATTERN --via HOST:PORT`. */
export async function addRoute(
  recipient: string,
  options: ChangeOptions & RouteOptions,
): Promise<void> {
  const terminal = terminalOf(options)
  const relay = await relayOf(recipient, options)
  const way = `Mail to ${recipient}${clauses(relay)} goes through ${relay.host}, port ${relay.port}`
  if (options.dryRun === true) return terminal.talk(`Would be done: ${way}.`)
  await withStore(options, async (store) => {
    const made = await store.relays.add(relay, commandLineActor())
    if (!made.ok && made.reason === 'exists') {
      const hint = `posthouse route remove ${recipient}${flags(options)}`
      throw new CliError('conflict', 'route.exists', 'There is a relay for just that', hint)
    }
    if (!made.ok) throw malformed(made.what)
    terminal.object(relayKind, relayItem(made.relay))
    terminal.talk(`${way}.`)
    if (options.tls === undefined)
      terminal.talk(`TLS: ${tlsWords[relay.tls]}; --tls says otherwise.`)
    const example =
      recipient === '*' ? 'somebody@example.org' : `somebody@${recipient.replace(/^\./, 'sub.')}`
    terminal.next(`posthouse route test ${example}`, 'posthouse route list')
  })
}

/** `posthouse route list`. */
export async function listRoutes(options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const relays = await store.relays.list()
    const columns = ['recipient', 'sender', 'after', 'host', 'port', 'tls', 'user'] as const
    terminal.list(relayKind, relays.map(relayItem), columns)
    if (relays.length > 0) return terminal.talk('The first that fits counts.')
    terminal.talk("There are no relays: all mail goes to its domain's own hosts.")
    terminal.next("posthouse route add '*' --via smtp.example.org:587 --auth-file FILE")
  })
}

/** `posthouse route remove PATTERN`. */
export async function removeRoute(
  recipient: string,
  options: ChangeOptions & PatternOptions,
): Promise<void> {
  const terminal = terminalOf(options)
  const pattern = { recipient, sender: options.sender, afterFailures: failures(options.after) }
  if (options.dryRun === true)
    return terminal.talk(`Would forget the relay for ${recipient}${clauses(pattern)}.`)
  await withStore(options, async (store) => {
    if ((await store.relays.remove(pattern, commandLineActor())) === 'not-found') {
      const text = `There is no relay for ${recipient}${clauses(pattern)}`
      throw new CliError('notFound', 'route.not_found', text, 'posthouse route list')
    }
    terminal.object(relayRemovalKind, {
      id: recipient,
      fields: { recipient, sender: options.sender },
    })
    terminal.talk(`Mail to ${recipient}${clauses(pattern)} goes its usual way again.`)
    terminal.next('posthouse route list')
  })
}

async function relayOf(recipient: string, options: RouteOptions): Promise<NewRelay> {
  const { via, authFile, authUnverified = false, sender, after } = options
  const credentials = authFile === undefined ? undefined : await readCredentials(authFile)
  const { host, port = credentials === undefined ? 25 : 587 } = placeOf(via)
  const tls = tlsOf(options.tls, port, credentials !== undefined)
  const isVerified = tls === 'verified' || tls === 'implicit'
  if (credentials !== undefined && !isVerified && (!authUnverified || tls === 'none')) {
    const hint = tls === 'none' ? '--tls verified' : '--tls verified, or --auth-unverified'
    const text = `With --tls ${tls} the password could be told to anybody`
    throw new CliError('usage', 'route.risky', text, hint)
  }
  const pattern = { recipient, sender, afterFailures: failures(after) }
  const access = credentials === undefined ? {} : { credentials, isAuthRisky: authUnverified }
  return { ...pattern, host, port, tls, ...access }
}

/** `relay.test:587`, `192.0.2.1`, `[2001:db8::1]:25`. */
function placeOf(via: string): { readonly host: string; readonly port?: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(via)
  const host = match?.[1] ?? match?.[2] ?? (isIPv6(via) ? via : undefined)
  const port = match?.[3] === undefined ? undefined : Number(match[3])
  if (host === undefined || port === 0 || (port ?? 0) > 65_535) {
    throw new CliError(
      'usage',
      'route.via',
      `"${via}" is no host and port`,
      '--via smtp.example.org:587',
    )
  }
  return port === undefined ? { host } : { host, port }
}

function tlsOf(asked: string | undefined, port: number, hasPassword: boolean): RelayTls {
  if (asked === undefined) {
    if (port === 465) return 'implicit'
    return hasPassword ? 'verified' : 'opportunistic'
  }
  const found = tlsKinds.find((each) => each === asked)
  if (found !== undefined) return found
  throw new CliError('usage', 'route.tls', `There is no --tls ${asked}`, tlsKinds.join(', '))
}

async function readCredentials(file: string): Promise<NonNullable<NewRelay['credentials']>> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new CliError('usage', 'route.auth_file', `${file} cannot be read: ${String(error)}`)
  })
  const [user = '', password = ''] = text.split(/\r?\n/)
  if (user === '' || password === '') {
    const hint = 'the user in the first line, the password in the second'
    throw new CliError('usage', 'route.auth_file', `${file} holds no user and password`, hint)
  }
  return { user, password: new Secret(password) }
}

function failures(text: string): number {
  return wholeNumber('--after', text, 1_000)
}

function clauses({ sender, afterFailures }: Pick<NewRelay, 'sender' | 'afterFailures'>): string {
  const from = sender === '*' ? '' : ` from ${sender}`
  return from + (afterFailures === 0 ? '' : ` that has failed ${afterFailures} times`)
}

function flags({ sender, after }: PatternOptions): string {
  return (sender === '*' ? '' : ` --sender ${sender}`) + (after === '0' ? '' : ` --after ${after}`)
}

function relayItem(relay: Relay) {
  const { recipient, sender, afterFailures, host, port, tls, user, isAuthRisky, madeAt } = relay
  return {
    id: relay.id,
    fields: {
      recipient,
      sender,
      after: afterFailures,
      host,
      port,
      tls,
      user: user ?? null,
      authUnverified: isAuthRisky,
      madeAt: madeAt.toISOString(),
    },
  }
}

function malformed(what: 'recipient' | 'sender' | 'host'): CliError {
  const hints = {
    recipient: 'a domain, .example.org for all below it, or *',
    sender: 'an address, a domain, or *',
    host: 'a host name or an address',
  }
  return new CliError('usage', 'route.malformed', `The ${what} cannot be one`, hints[what])
}

const tlsWords: Readonly<Record<RelayTls, string>> = {
  none: 'never',
  opportunistic: 'where it is offered, any certificate',
  required: 'always, any certificate',
  verified: 'always, with a valid certificate',
  implicit: 'from the first octet, with a valid certificate',
}
