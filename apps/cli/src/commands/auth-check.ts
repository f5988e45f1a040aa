import { isIP } from 'node:net'
import { createResolver } from '@posthouse/dns'
import {
  createAuthenticator,
  type AuthenticationVerdict,
  type DkimVerdict,
  type SpfVerdict,
} from '@posthouse/mail-auth'
import { CliError } from '../cli-error.ts'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { configOf } from '../config-of.ts'
import { exitCodes } from '../exit-codes.ts'
import { printable } from '../output/table.ts'
import { kind } from '../output/kind.ts'
import {
  boolean,
  integer,
  listOf,
  object,
  oneOf,
  optional,
  orNull,
  string,
} from '../output/shape.ts'
import type { Terminal } from '../output/terminal.ts'
import { readMessage } from './read-message.ts'

const checkShape = object({ check: string, of: string, result: string, because: string })

type CheckRow = NonNullable<(typeof checkShape)['type']>

/** What `auth check` says. */
const reportKind = kind('AuthenticationReport', 'who sent a message, and how that is known', {
  address: string,
  helo: string,
  mailFrom: string,
  authenticated: listOf(string),
  dmarc: string,
  dmarcDomain: string,
  dmarcPolicy: string,
  arc: string,
  arcTrusted: boolean,
  checks: listOf(checkShape),
  evidence: listOf(
    object({
      name: string,
      type: string,
      kind: string,
      ttl: orNull(integer),
      secure: oneOf('yes', 'no'),
      records: string,
    }),
  ),
  secondOpinion: optional(listOf(object({ check: string, of: string, result: string }))),
})

/** What is known of the way a message came. */
export interface ClientOptions {
  readonly ip?: string | undefined
  readonly helo: string
  readonly mailFrom: string
}

/** `posthouse auth check FILE`. Needs no database. */
export async function checkAuth(
  file: string,
  options: CommonOptions &
    ClientOptions & {
      readonly evidence?: boolean | undefined
      readonly secondOpinion?: boolean | undefined
    },
): Promise<void> {
  const terminal = terminalOf(options)
  const address = clientAddress(options)
  const { octets, isConverted } = await readMessage(file)
  const verdict = await authenticate(options, octets)
  const hasClient = address !== undefined
  const others = options.secondOpinion === true ? await othersOf(options, octets) : undefined
  if (terminal.isTalking) {
    if (isConverted) terminal.talk('Its line ends were made CRLF, as they are in mail.')
    tell(terminal, verdict, hasClient, options.evidence === true)
    if (others !== undefined) tellOthers(terminal, others)
  } else {
    const fields = { ...fieldsOf(verdict, hasClient), ...(others && { secondOpinion: others }) }
    terminal.object(reportKind, { id: file, fields })
  }
  const isForged =
    verdict.dmarc.result === 'fail' || (hasClient && verdict.spf.mailFrom.result === 'fail')
  if (isForged) process.exitCode = exitCodes.checkFailed
}

/** Checks a message by the DNS of the configuration. */
export async function authenticate(
  options: CommonOptions & ClientOptions,
  octets: Buffer,
  trustedSealers: readonly string[] = [],
): Promise<AuthenticationVerdict> {
  const config = configOf(options)
  const resolver = createResolver(config.dns)
  const authenticator = createAuthenticator({
    resolver,
    hostname: config.hostname,
    trustedSealers,
  })
  const { helo, mailFrom } = options
  const address = clientAddress(options) ?? ''
  return authenticator.check(octets, { address, helo, mailFrom, at: new Date() })
}

/** What mailauth says. Loaded when it is asked: it takes longer than everything else here. */
async function othersOf(options: CommonOptions & ClientOptions, octets: Buffer) {
  const { secondOpinion } = await import('@posthouse/mail-auth/second-opinion')
  const { dns, hostname } = configOf(options)
  const { helo, mailFrom } = options
  const input = { address: clientAddress(options) ?? '', helo, mailFrom }
  const found = await secondOpinion(octets, input, { resolver: createResolver(dns), hostname })
  return found.map(({ check, of, result }) => ({ check, of, result }))
}

function tellOthers(terminal: Terminal, others: Awaited<ReturnType<typeof othersOf>>): void {
  terminal.data('\nmailauth says:')
  terminal.table(others, ['check', 'of', 'result'])
}

/** The client's address; undefined where it is not known. */
export function clientAddress({ ip }: Pick<ClientOptions, 'ip'>): string | undefined {
  if (ip === undefined || isIP(ip) !== 0) return ip
  throw new CliError('usage', 'auth.address', `"${ip}" is no address`, 'write 192.0.2.1')
}

function tell(
  terminal: Terminal,
  verdict: AuthenticationVerdict,
  hasClient: boolean,
  isWhole: boolean,
): void {
  terminal.table(rowsOf(verdict, hasClient), ['check', 'of', 'result', 'because'])
  if (isWhole) {
    terminal.data('\nDNS said:')
    terminal.table(evidenceOf(verdict), ['name', 'type', 'kind', 'ttl', 'secure', 'records'])
  }
  const { authenticated } = verdict
  const vouching = authenticated.length === 0 ? 'No domain vouches' : authenticated.join(', ')
  terminal.talk(printable(`For it: ${vouching}.`))
  if (!hasClient) terminal.talk('Without --ip, SPF and reverse DNS are not asked.')
}

/** One line for each check. */
function rowsOf(verdict: AuthenticationVerdict, hasClient: boolean): readonly CheckRow[] {
  const { spf, dkim, dmarc, arc, reverse, input } = verdict
  const policy = dmarc.result === 'none' ? '' : ` (asks for ${dmarc.policy})`
  return [
    ...(hasClient ? [spfRow(spf.mailFrom), spfRow(spf.helo)] : []),
    ...dkim.map(dkimRow),
    row('DMARC', dmarc.domain, dmarc.result, dmarc.because + policy),
    row('ARC', arc.sealers.join(', '), arc.result, arc.because),
    ...(hasClient ? [row('reverse DNS', input.address, reverse.result, reverse.because)] : []),
  ]
}

function spfRow({ identity, domain, result, because }: SpfVerdict): CheckRow {
  return row(`SPF ${identity}`, domain, result, because)
}

function dkimRow({ domain, selector, result, because }: DkimVerdict): CheckRow {
  return row('DKIM', `${domain} (${selector})`, result, because)
}

function row(check: string, of: string, result: string, because: string): CheckRow {
  return { check, of, result, because }
}

function fieldsOf(verdict: AuthenticationVerdict, hasClient: boolean) {
  const { dmarc, arc, input } = verdict
  return {
    address: input.address,
    helo: input.helo,
    mailFrom: input.mailFrom,
    authenticated: verdict.authenticated,
    dmarc: dmarc.result,
    dmarcDomain: dmarc.domain,
    dmarcPolicy: dmarc.policy,
    arc: arc.result,
    arcTrusted: arc.isTrusted,
    checks: rowsOf(verdict, hasClient),
    evidence: evidenceOf(verdict),
  }
}

function evidenceOf({ evidence }: AuthenticationVerdict) {
  return evidence.map(({ name, type, kind: what, records, ttlSeconds, isSecure }) => ({
    name,
    type,
    kind: what,
    ttl: ttlSeconds ?? null,
    secure: isSecure ? ('yes' as const) : ('no' as const),
    records: records.join(' | '),
  }))
}
