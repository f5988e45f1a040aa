import { domainToASCII } from 'node:url'
import { checkDane, checkSts, type HostCheck, type StsCheck } from '@posthouse/delivery'
import { createResolver } from '@posthouse/dns'
import { CliError } from '../cli-error.ts'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { configOf } from '../config-of.ts'
import { exitCodes } from '../exit-codes.ts'
import { kind } from '../output/kind.ts'
import { boolean, integer, listOf, optional, orNull, string } from '../output/shape.ts'
import { printable } from '../output/table.ts'
import type { Terminal } from '../output/terminal.ts'

const hostShapes = {
  host: string,
  address: string,
  result: string,
  type: orNull(string),
  because: string,
  protocol: orNull(string),
} as const

/** What `dane check` finds of a host. */
const daneKind = kind('DaneHost', "whether a domain's host proves itself by DANE", {
  ...hostShapes,
  tlsa: listOf(string),
})

/** What `mtasts check` finds of a host; the policy's mode, hosts and age where it could be had. */
const stsKind = kind('MtaStsHost', "whether a domain's host proves itself by MTA-STS", {
  ...hostShapes,
  listed: boolean,
  policyId: orNull(string),
  mode: optional(string),
  mx: optional(listOf(string)),
  maxAgeSeconds: optional(integer),
})

/** `posthouse dane check DOMAIN`. Needs no database. Exit code 3 where a host fails, or nothing can be checked. */
export async function daneCheck(name: string, options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  const { domain, context } = contextOf(name, options)
  const { dnssec, problem, hosts } = await checkDane(domain, context)
  terminal.list(
    daneKind,
    hosts.map((host) => itemOf(host, { tlsa: host.tlsa })),
    ['host', 'address', 'tlsa', 'result', 'because'],
  )
  if (dnssec.state !== 'validating') {
    fail(terminal, `DANE is off: the DNS servers do not validate (${dnssec.text}).`)
    terminal.next(
      'name a validating resolver on this machine in dns.servers (unbound, knot-resolver)',
    )
  }
  if (problem !== undefined) fail(terminal, problem)
  judge(terminal, domain, hosts)
  if (hosts.every(({ tlsa }) => tlsa.length === 0) && dnssec.state === 'validating') {
    terminal.talk(`${domain} asks for nothing by DANE.`)
  }
}

/** `posthouse mtasts check DOMAIN`. Needs no database. Exit code 3 where a host fails, or the policy cannot be had. */
export async function stsCheck(name: string, options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  const { domain, context } = contextOf(name, options)
  const check = await checkSts(domain, context)
  const { hosts, problem, id } = check
  terminal.list(
    stsKind,
    hosts.map((host) => itemOf(host, { listed: host.isListed, ...policyFields(check) })),
    ['host', 'address', 'listed', 'result', 'because'],
  )
  if (problem !== undefined) fail(terminal, problem)
  else if (id === undefined) terminal.talk(`${domain} announces no MTA-STS policy.`)
  tellPolicy(terminal, check)
  judge(terminal, domain, hosts)
}

function tellPolicy(terminal: Terminal, { id, fetched }: StsCheck): void {
  if (id === undefined || fetched === undefined) return
  if (!fetched.ok) {
    const { type, because } = fetched.failure
    fail(terminal, `Its policy ${id} cannot be had: ${because} (${type})`)
    return
  }
  const { mode, mx, maxAgeSeconds } = fetched.policy
  const days = Math.round((maxAgeSeconds / 86_400) * 10) / 10
  terminal.talk(
    printable(`Policy ${id}: ${mode}, for ${mx.join(', ') || 'no host'}; ${days} days.`),
  )
}

function policyFields({ id, fetched }: StsCheck) {
  if (fetched?.ok !== true) return { policyId: id ?? null }
  const { mode, mx, maxAgeSeconds } = fetched.policy
  return { policyId: id ?? null, mode, mx, maxAgeSeconds }
}

function judge(terminal: Terminal, domain: string, hosts: readonly HostCheck[]): void {
  const bad = hosts.filter(({ result }) => result === 'bad')
  if (bad.length > 0) {
    fail(terminal, `Mail for ${domain} would not go to ${bad.length} of ${hosts.length} addresses.`)
  } else if (hosts.some(({ result }) => result === 'good')) {
    terminal.talk(`Mail for ${domain} would be protected.`)
  }
}

function itemOf<More extends object>(check: HostCheck, more: More) {
  const { host, address, result, type, because, protocol } = check
  return {
    id: `${host} ${address}`,
    fields: {
      host,
      address,
      ...more,
      result,
      type: type ?? null,
      because: printable(because),
      protocol: protocol ?? null,
    },
  }
}

function contextOf(name: string, options: CommonOptions) {
  const config = configOf(options)
  const domain = domainToASCII(name).toLowerCase()
  if (domain === '') throw new CliError('usage', 'usage.domain', `"${name}" is no domain`)
  return { domain, context: { config, resolver: createResolver(config.dns) } }
}

function fail(terminal: Terminal, text: string): void {
  terminal.talk(printable(text))
  process.exitCode = exitCodes.checkFailed
}
