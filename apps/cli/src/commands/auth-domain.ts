import { domainToASCII } from 'node:url'
import { createResolver } from '@posthouse/dns'
import {
  createAuthenticator,
  type AuthenticationInput,
  type AuthenticationVerdict,
} from '@posthouse/mail-auth'
import { CliError } from '../cli-error.ts'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { configOf } from '../config-of.ts'
import { exitCodes } from '../exit-codes.ts'
import { kind } from '../output/kind.ts'
import { boolean, listOf, orNull, string } from '../output/shape.ts'
import { printable } from '../output/table.ts'
import type { Terminal } from '../output/terminal.ts'
import { clientAddress } from './auth-check.ts'

/** What `auth spf` says. */
const spfKind = kind('SpfAnswer', 'whether a client may send as an address, by SPF', {
  ip: string,
  domain: string,
  result: string,
  mechanism: orNull(string),
  because: string,
  asked: listOf(string),
})

/** What `auth dmarc` says. */
const dmarcKind = kind('DmarcAnswer', 'what a domain wants done with mail that is not its own', {
  domain: string,
  policy: orNull(string),
  recordAt: orNull(string),
  organization: orNull(string),
  testing: boolean,
  because: string,
  asked: listOf(string),
})

/** `posthouse auth spf IP ADDRESS`: exit code 3 unless SPF passes, 7 where DNS does not answer. */
export async function askSpf(
  ip: string,
  sender: string,
  options: CommonOptions & { readonly helo: string },
): Promise<void> {
  const terminal = terminalOf(options)
  const address = clientAddress({ ip }) ?? ''
  const domain = domainOf(sender)
  const mailFrom = sender.includes('@') ? sender : `postmaster@${domain}`
  const { spf, evidence } = await verdictOn(
    domain,
    { address, helo: options.helo, mailFrom },
    options,
  )
  const { result, mechanism = null, because } = spf.mailFrom
  const asked = askedOf(evidence)
  const fields = { ip: address, domain, result, mechanism, because, asked }
  terminal.object(spfKind, { id: domain, fields })
  const by = mechanism === null ? '' : ` (${mechanism})`
  tell(terminal, `${address} as ${domain}: ${result}${by}. ${because}`, asked)
  if (result === 'temperror') process.exitCode = exitCodes.unreachable
  else if (result !== 'pass') process.exitCode = exitCodes.checkFailed
}

/** `posthouse auth dmarc DOMAIN`: exit code 3 where it has no policy, 7 where DNS does not answer. */
export async function askDmarc(name: string, options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  const domain = domainOf(name)
  const input = { address: '', helo: '', mailFrom: '' }
  const { dmarc, evidence } = await verdictOn(domain, input, options)
  const { result, policyDomain = null, organizationalDomain = null, isTesting, because } = dmarc
  // Nothing vouches for the message that is asked about: a domain with a policy fails it.
  const policy = result === 'fail' ? dmarc.policy : null
  const asked = askedOf(evidence.filter(({ name: at }) => at.startsWith('_dmarc.')))
  const fields = {
    domain,
    policy,
    recordAt: policyDomain,
    organization: organizationalDomain,
    testing: isTesting,
    because,
    asked,
  }
  terminal.object(dmarcKind, { id: domain, fields })
  const trying = isTesting ? ', softened by t=y' : ''
  const told =
    policy === null
      ? because
      : `Mail that is not from ${domain} is to be treated as "${policy}"${trying}; the record is at _dmarc.${policyDomain ?? domain}.`
  tell(terminal, told, asked)
  if (result === 'temperror') process.exitCode = exitCodes.unreachable
  else if (policy === null) process.exitCode = exitCodes.checkFailed
}

async function verdictOn(
  domain: string,
  input: Omit<AuthenticationInput, 'at'>,
  options: CommonOptions,
): Promise<AuthenticationVerdict> {
  const { dns, hostname } = configOf(options)
  const authenticator = createAuthenticator({ resolver: createResolver(dns), hostname })
  const message = Buffer.from(`From: <postmaster@${domain}>\r\n\r\n`)
  return authenticator.check(message, { ...input, at: new Date() })
}

/** Of an address, or one alone, as DNS has it. */
function domainOf(text: string): string {
  const domain = domainToASCII(text.slice(text.lastIndexOf('@') + 1)).toLowerCase()
  if (domain.includes('.')) return domain
  throw new CliError('usage', 'auth.domain', `"${text}" is no domain`, 'write example.org')
}

/** What DNS said, a line an answer. */
function askedOf(evidence: AuthenticationVerdict['evidence']): readonly string[] {
  return evidence.map(({ name, type, kind: what, records }) => {
    return `${name} ${type} ${what === 'records' ? records.join(' | ') : what}`
  })
}

function tell(terminal: Terminal, told: string, asked: readonly string[]): void {
  if (!terminal.isTalking) return
  terminal.data(printable(told))
  if (asked.length > 0) terminal.data('\nDNS said:')
  for (const line of asked) terminal.data(`  ${printable(line)}`)
}
