import { setTimeout as sleep } from 'node:timers/promises'
import {
  Issuer,
  hintOf,
  isOfAll,
  nameGroups,
  newKey,
  wantedNames,
  type NameGroup,
  type NamesContext,
} from '@posthouse/certificates'
import type { AcmeConfig, Config } from '@posthouse/config'
import { createResolver, type Resolver } from '@posthouse/dns'
import type { Certificate, Store } from '@posthouse/store'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions } from '../command-options.ts'
import { configOf } from '../config-of.ts'
import { exitCodes } from '../exit-codes.ts'
import { printable } from '../output/table.ts'
import type { Terminal } from '../output/terminal.ts'
import { withStore } from '../with-store.ts'
import { certificateItem, certificateKind, type CertificateItem } from './certificate-item.ts'
import { parseDuration } from './parse-quantity.ts'
import { spanText } from './span-text.ts'

/** How certificates are asked for. */
export interface IssueOptions extends ChangeOptions {
  readonly force?: boolean | undefined
  readonly newKey?: boolean | undefined
  /** `0` or `3m`. */
  readonly wait: string
}

const turnMs = 500

interface Bureau {
  readonly config: Config
  readonly acme: AcmeConfig
  readonly store: Store
  readonly resolver: Resolver
  readonly terminal: Terminal
  readonly options: IssueOptions
  /** Only what is due by its time; otherwise what is missing, too. */
  readonly isRenewal: boolean
}

/** `posthouse tls issue [NAME]`: what is missing, now. */
export function issueCertificates(name: string | undefined, options: IssueOptions): Promise<void> {
  return atWork(name, options, false)
}

/** `posthouse tls renew [NAME] [--force]`: what is due, or all. */
export function renewCertificates(name: string | undefined, options: IssueOptions): Promise<void> {
  return atWork(name, options, true)
}

async function atWork(
  name: string | undefined,
  options: IssueOptions,
  isRenewal: boolean,
): Promise<void> {
  const config = configOf(options)
  const { acme } = config
  if (acme === undefined) {
    throw new CliError(
      'conflict',
      'tls.no_authority',
      'No authority is asked for certificates here',
      'set tls.source = "acme" in the configuration, or: posthouse tls import --cert FILE --key FILE',
    )
  }
  const waitMs = options.wait === '0' ? 0 : (parseDuration(options.wait) ?? Number.NaN) * 1000
  if (Number.isNaN(waitMs))
    throw new CliError('usage', 'usage.duration', `"${options.wait}" is no time`, 'write 3m or 0')
  const terminal = terminalOf(options)
  const resolver = createResolver(config.dns)
  await withStore(options, async (store) => {
    const bureau = { config, acme, store, resolver, terminal, options, isRenewal }
    const groups = await groupsOf(name, bureau)
    if (options.dryRun === true) return await rehearse(groups, bureau)
    tellDone(bureau, await inTurn(bureau, waitMs, () => issueAll(groups, bureau)))
  })
}

/** One process issues at a time; the delivery app may be at it. */
async function inTurn<T>(
  { store, terminal }: Bureau,
  waitMs: number,
  work: () => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + waitMs
  for (let attempt = 1; ; attempt++) {
    const done = await store.certificates.alone(work)
    if (done !== undefined) return done.value
    if (performance.now() >= deadline) break
    if (attempt === 1) terminal.talk('Another process is issuing certificates: waiting for it …')
    await sleep(turnMs)
  }
  throw new CliError(
    'pending',
    'tls.busy',
    'Another process is issuing certificates right now',
    'posthouse tls status',
  )
}

/** The groups that are meant, by the certificate's name or by one of its names. */
async function groupsOf(
  name: string | undefined,
  { config, store }: Bureau,
): Promise<readonly NameGroup[]> {
  const domains = (await store.domains.list()).filter(({ isDisabled }) => !isDisabled)
  const groups = nameGroups(
    config.hostname,
    domains.map((domain) => domain.name),
    config.clients.publicHost,
  )
  if (name === undefined) return groups
  const wanted = name.toLowerCase()
  const found =
    groups.find((group) => group.name === wanted) ??
    groups.find(({ candidates }) => candidates.includes(wanted))
  if (found !== undefined) return [found]
  const message = `${wanted} is no name that a certificate is for here`
  const hint = `they are: ${groups.map((group) => group.name).join(', ')}`
  throw new CliError('notFound', 'tls.unknown_name', message, hint)
}

async function rehearse(groups: readonly NameGroup[], bureau: Bureau): Promise<void> {
  const { terminal, store, config, resolver } = bureau
  const { certificates } = store
  // Nothing is noted.
  const quiet = {
    importedNames: () => certificates.importedNames(),
    missingNames: (name?: string) => certificates.missingNames(name),
    noteMissing: () => Promise.resolve(),
  }
  for (const group of groups) {
    const present = await presentOf(group, bureau)
    const context = { hostname: config.hostname, resolver, certificates: quiet }
    const { names, why } = await wantedNames(context, group, { names: present?.names ?? [] })
    const because = await restraint(group, present, bureau, quiet)
    const words = because ?? (names.length === 0 ? why : `would be ordered for ${names.join(', ')}`)
    terminal.talk(printable(`${group.name}: ${words}`))
  }
}

interface Done {
  readonly item: CertificateItem
  readonly isIssued: boolean
  readonly hasFailed: boolean
}

async function issueAll(groups: readonly NameGroup[], bureau: Bureau): Promise<readonly Done[]> {
  const { terminal, store, config, acme, resolver, options } = bureau
  const { certificates } = store
  const issuer = new Issuer({
    acme,
    hostname: config.hostname,
    certificates,
    resolver,
    by: commandLineActor(),
    told: (step) => terminal.talk(printable(`  … ${step}`)),
  })
  const done: Done[] = []
  for (const group of groups) {
    const present = await presentOf(group, bureau)
    const because = await restraint(group, present, bureau)
    if (because !== undefined) {
      if (groups.length === 1)
        throw new CliError('conflict', 'tls.not_due', `${group.name}: ${because}`)
      terminal.talk(printable(`${group.name}: ${because}`))
      continue
    }
    terminal.talk(`${group.name}:`)
    if (options.newKey === true && present !== undefined)
      await certificates.replaceKey(group.name, await newKey(acme.keyType), commandLineActor())
    const outcome = await issuer.issue(group)
    const after = await presentOf(group, bureau)
    if (after === undefined) continue
    const missing = await certificates.missingNames(group.name)
    done.push({
      item: certificateItem(after, missing),
      isIssued: outcome.kind === 'issued',
      hasFailed: outcome.kind === 'failed',
    })
    if (outcome.kind === 'nothing') terminal.talk(printable(`  ${outcome.because}`))
    if (outcome.kind === 'failed') {
      terminal.talk(printable(`  ✖ ${outcome.problem.text}`))
      const hint = hintOf(outcome.problem.kind)
      if (hint !== undefined) terminal.talk(`    ${hint}`)
      // One failure tells enough of an authority that is away, or wants to be left alone.
      if (isOfAll(outcome.problem.kind)) {
        const left = groups.length - groups.indexOf(group) - 1
        if (left > 0) terminal.talk(`  It would be the same with the ${left} that follow: later.`)
        break
      }
    }
  }
  return done
}

async function presentOf({ name }: NameGroup, { store }: Bureau): Promise<Certificate | undefined> {
  return await store.certificates.find(name)
}

/** Why nothing is ordered; undefined where something is. */
async function restraint(
  group: NameGroup,
  present: Certificate | undefined,
  { options, isRenewal, config, resolver, store }: Bureau,
  certificates: NamesContext['certificates'] = store.certificates,
): Promise<string | undefined> {
  if (present === undefined) return undefined
  const { source, problem, restSeconds, chain, renewInSeconds, renewAt } = present
  if (source === 'imported') return 'it is imported: posthouse tls import, or posthouse tls remove'
  if (options.force === true) return undefined
  if (problem?.kind === 'rateLimited' && restSeconds > 0) {
    const left = spanText(restSeconds * 1000)
    return `the authority takes no more orders for ${left}: ${problem.text} (--force asks all the same)`
  }
  if (chain === undefined || renewInSeconds <= 0 || options.newKey === true) return undefined
  if (!isRenewal) {
    const context = { hostname: config.hostname, resolver, certificates }
    const { names } = await wantedNames(context, group, present)
    if (names.some((name) => !present.names.includes(name))) return undefined
  }
  const day = renewAt?.toISOString().slice(0, 10) ?? 'later'
  return `it is renewed by itself on ${day} (now: posthouse tls renew ${group.name} --force)`
}

function tellDone({ terminal }: Bureau, done: readonly Done[]): void {
  terminal.list(
    certificateKind,
    done.map(({ item }) => item),
    ['name', 'state', 'days', 'renewal', 'names'],
  )
  for (const { item } of done) {
    for (const { name, because } of item.fields.missing)
      terminal.talk(printable(`${item.id}: without ${name}: ${because}`))
  }
  const failed = done.filter(({ hasFailed }) => hasFailed)
  const issued = done.filter(({ isIssued }) => isIssued)
  if (issued.length > 0) terminal.talk('All listeners serve it from now on; no session was ended.')
  if (done.length === 0) terminal.talk('Nothing had to be done.')
  if (failed.length > 0) process.exitCode = issued.length > 0 ? exitCodes.partial : exitCodes.failed
  terminal.next('posthouse tls status')
}
