import { domainToASCII } from 'node:url'
import { createResolver, type Resolver } from '@posthouse/dns'
import type { Config } from '@posthouse/config'
import { CliError } from '../cli-error.ts'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { configOf } from '../config-of.ts'
import { LiveZone } from '../dns/live-state.ts'
import { publicAddresses } from '../dns/public-addresses.ts'
import { wantedRecords, type WantedRecord } from '../dns/wanted-records.ts'
import { stateWords, valueOf, zoneText, type ShownRecord } from '../dns/zone-text.ts'
import { exitCodes } from '../exit-codes.ts'
import { kind, type ItemOf } from '../output/kind.ts'
import { listOf, orNull, string } from '../output/shape.ts'
import { withStore } from '../with-store.ts'

/** A record. */
const dnsRecordKind = kind(
  'DnsRecord',
  'a record that a domain should publish, and whether it does',
  {
    level: string,
    name: string,
    type: string,
    value: string,
    state: string,
    verdict: orNull(string),
    found: listOf(string),
    why: string,
  },
)

interface DnsOptions extends CommonOptions {
  readonly address?: readonly string[] | undefined
  readonly resolver?: readonly string[] | undefined
}

/** `posthouse dns records DOMAIN`. */
export async function showRecords(
  domain: string,
  options: DnsOptions & {
    readonly format?: string | undefined
    readonly level: string
    readonly offline?: boolean | undefined
  },
): Promise<void> {
  const { format = 'zone', level } = options
  if (!['zone', 'table', 'json'].includes(format) || !['must', 'should', 'all'].includes(level)) {
    throw new CliError('usage', 'usage.format', `--format ${format} --level ${level} is not known`)
  }
  const shown = (await recordsOf(domain, options, options.offline !== true)).filter(
    ({ record }) => level === 'all' || record.level === 'must' || record.level === level,
  )
  const terminal = terminalOf(format === 'json' ? { ...options, json: true } : options)
  const name = domainOf(shown, domain)
  if (format === 'zone' && terminal.isTalking) terminal.data(zoneText(name, shown))
  else terminal.list(dnsRecordKind, shown.map(itemOf), ['level', 'name', 'type', 'value', 'state'])
  if (!shown.some(({ record }) => record.purpose === 'address'))
    terminal.talk('No public address of this machine is known: give it with --address.')
  terminal.next(`posthouse dns check ${name}`)
}

/** `posthouse dns check DOMAIN`: exit code 3 where something that must be there is not. */
export async function checkRecords(
  domain: string,
  options: DnsOptions & { readonly strict?: boolean | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  const shown = await recordsOf(domain, options, true)
  terminal.list(dnsRecordKind, shown.map(itemOf), ['level', 'name', 'type', 'state'])
  const failures = shown.filter((one) => isBad(one) && one.record.level === 'must')
  const warnings = shown.filter((one) => isBad(one) && one.record.level === 'should')
  const isUnsure = shown.some(({ live }) => live?.state === 'unknown')
  terminal.talk(
    failures.length + warnings.length === 0
      ? `Everything that ${domain} needs is published.`
      : `${failures.length} failures, ${warnings.length} warnings.${isUnsure ? ' DNS did not answer everything.' : ''}`,
  )
  if (failures.length + warnings.length > 0) terminal.next(`posthouse dns records ${domain}`)
  if (failures.length > 0) process.exitCode = exitCodes.checkFailed
  else if (warnings.length > 0 && options.strict === true) process.exitCode = exitCodes.warnings
}

/** What a domain should publish, and what it does. */
async function recordsOf(
  name: string,
  options: DnsOptions,
  isLive: boolean,
): Promise<readonly ShownRecord[]> {
  const config = configOf(options)
  const hostname = hostnameOf(config)
  const resolver = createResolver({
    ...config.dns,
    ...(options.resolver === undefined ? {} : { servers: options.resolver }),
  })
  const { domain, keys, sts } = await withStore(options, async (store) => {
    const domains = await store.domains.list()
    const found = domains.find((one) => one.name === domainToASCII(name).toLowerCase())
    if (found === undefined) {
      const hint = `posthouse domain add ${name}`
      throw new CliError('notFound', 'domain.not_found', `There is no domain ${name} here`, hint)
    }
    const { name: own } = found
    const [list, serving] = await Promise.all([store.dkimKeys.list(own), store.stsServings.of(own)])
    return { domain: own, keys: list, sts: serving }
  })
  const addresses = await publicAddresses(config, resolver, options.address)
  const wanted = wantedRecords({ domain, hostname, addresses, keys, clients: config.clients, sts })
  return isLive ? lookedAt(wanted, resolver, hostname, addresses) : wanted.map(unseen)
}

function lookedAt(
  wanted: readonly WantedRecord[],
  resolver: Resolver,
  hostname: string,
  addresses: readonly string[],
): Promise<readonly ShownRecord[]> {
  const zone = new LiveZone(resolver, hostname, addresses)
  return Promise.all(wanted.map(async (record) => ({ record, live: await zone.stateOf(record) })))
}

function isBad({ live }: ShownRecord): boolean {
  return live !== undefined && live.state !== 'found'
}

function unseen(record: WantedRecord): ShownRecord {
  return { record, live: undefined }
}

function hostnameOf({ hostname }: Config): string {
  if (hostname.includes('.')) return hostname.toLowerCase()
  throw new CliError(
    'conflict',
    'dns.hostname',
    `The server has no name that the world knows, only "${hostname}"`,
    'set hostname = "mail.example.org" in posthouse.toml',
  )
}

function domainOf(shown: readonly ShownRecord[], domain: string): string {
  return shown.find(({ record }) => record.purpose === 'mx')?.record.name ?? domain
}

function itemOf(shown: ShownRecord): ItemOf<typeof dnsRecordKind> {
  const { record, live } = shown
  const { level, name, type, why } = record
  const words = live === undefined ? '-' : stateWords(live)
  const found = live === undefined ? [] : [...live.found]
  const value = valueOf(shown)
  return {
    id: `${name} ${type}`,
    fields: { level, name, type, value, state: words, verdict: live?.state ?? null, found, why },
  }
}
