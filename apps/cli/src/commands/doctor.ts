import { domainToASCII } from 'node:url'
import type { Config } from '@posthouse/config'
import { createResolver } from '@posthouse/dns'
import type { Store } from '@posthouse/store'
import { CliError } from '../cli-error.ts'
import { lineTerminal, terminalOf, type CommonOptions } from '../command-options.ts'
import { configOf } from '../config-of.ts'
import { publicAddresses } from '../dns/public-addresses.ts'
import { areas, type Area, type Diagnosis, type Patient } from '../doctor/finding.ts'
import { compareVisits, keepVisit, type Changes } from '../doctor/last-visit.ts'
import { findingKind, itemOf, lineOf, reportLines } from '../doctor/report.ts'
import { runChecks } from '../doctor/run-checks.ts'
import { tellOperator } from '../doctor/tell-operator.ts'
import { watchPatient } from '../doctor/watch.ts'
import { exitCodes } from '../exit-codes.ts'
import { untilInterrupted } from '../interruption.ts'
import type { Terminal } from '../output/terminal.ts'
import { readStatus } from '../up/state-file.ts'
import { withStore } from '../with-store.ts'

interface DoctorOptions extends CommonOptions {
  readonly only?: string | undefined
  readonly skip?: string | undefined
  readonly offline?: boolean | undefined
  readonly sinceLast?: boolean | undefined
  readonly watch?: boolean | undefined
  readonly strict?: boolean | undefined
  readonly address?: readonly string[] | undefined
  readonly timeServer: string
  readonly tellMail?: string | undefined
  readonly tellWebhook?: string | undefined
  readonly tellExec?: string | undefined
}

/** `posthouse doctor [DOMAIN…]`. Exit code 3 where something fails, 10 with --strict where something is doubtful. */
export async function seeDoctor(named: readonly string[], options: DoctorOptions): Promise<void> {
  if (options.watch === true) return watchDoctor(named, options)
  const terminal = terminalOf(options)
  const config = configOf(options)
  const choice = { only: areasOf(options.only), skip: areasOf(options.skip) }
  const { findings, changes, untold } = await withMaybeStore(options, async (store) => {
    const found = await runChecks(await patientOf(store, named, config, options), choice)
    const { changes: compared, visit } = await compareVisits(config.dataDir, found)
    const hasChanged = compared.worse.length + compared.mended.length > 0
    const ways = { mail: options.tellMail, webhook: options.tellWebhook, exec: options.tellExec }
    const failed = hasChanged ? await tellOperator(ways, compared, config.hostname, store) : []
    // What nobody heard of is news the next time, too.
    if (failed.length === 0) await keepVisit(config.dataDir, visit)
    return { findings: found, changes: compared, untold: failed }
  })
  for (const because of untold) process.stderr.write(`Could not tell by ${because}\n`)
  const shown = options.sinceLast === true ? changes.worse : findings
  tell(terminal, shown, findings, changes, options.sinceLast === true)
  setExitCode(findings, options, untold.length > 0)
}

/** `posthouse doctor --watch`: until nothing fails any more, or until Ctrl-C. */
async function watchDoctor(named: readonly string[], options: DoctorOptions): Promise<void> {
  const terminal = lineTerminal(options)
  const tells = [options.tellMail, options.tellWebhook, options.tellExec]
  if (options.sinceLast === true || tells.some((way) => way !== undefined))
    throw new CliError(
      'usage',
      'usage.watch',
      '--watch compares with no earlier visit, and tells nobody',
    )
  const config = configOf(options)
  const choice = { only: areasOf(options.only), skip: areasOf(options.skip) }
  const over = untilInterrupted()
  const words = {
    terminal,
    report: reportLines,
    line: lineOf,
    object: (finding: Diagnosis) => terminal.object(findingKind, itemOf(finding)),
  }
  const findings = await withMaybeStore(options, async (store) => {
    const patient = await patientOf(store, named, config, options)
    const last = await watchPatient(patient, await runChecks(patient, choice), words, over)
    await keepVisit(config.dataDir, (await compareVisits(config.dataDir, last)).visit)
    return last
  })
  if (!findings.some(({ state }) => state === 'fail')) terminal.talk('Nothing fails any more.')
  setExitCode(findings, options)
}

async function patientOf(
  store: Store | undefined,
  named: readonly string[],
  config: Config,
  options: DoctorOptions,
): Promise<Patient> {
  const resolver = createResolver(config.dns)
  const isOffline = options.offline === true
  const addresses = isOffline
    ? (options.address ?? [])
    : await publicAddresses(config, resolver, options.address)
  const status = await readStatus(config.dataDir)
  const domains = await domainsOf(store, named)
  const { timeServer } = options
  return { config, status, store, resolver, domains, addresses, isOffline, timeServer }
}

function setExitCode(
  findings: readonly Diagnosis[],
  { strict }: DoctorOptions,
  isUntold = false,
): void {
  const has = (state: Diagnosis['state']): boolean => findings.some((one) => one.state === state)
  if (has('fail') || isUntold) process.exitCode = exitCodes.checkFailed
  else if (has('warn') && strict === true) process.exitCode = exitCodes.warnings
}

/** With a database that is away a doctor is needed most. */
async function withMaybeStore<T>(
  options: CommonOptions,
  work: (store: Store | undefined) => Promise<T>,
): Promise<T> {
  let isOpen = false
  try {
    return await withStore(options, (store) => {
      isOpen = true
      return work(store)
    })
  } catch (error) {
    if (isOpen || !(error instanceof Error)) throw error
    if (error.name !== 'StoreUnavailable' && !(error instanceof CliError)) throw error
    return work(undefined)
  }
}

async function domainsOf(
  store: Store | undefined,
  named: readonly string[],
): Promise<readonly string[]> {
  const wanted = named.map((name) => domainToASCII(name).toLowerCase())
  if (store === undefined) return wanted
  const domains = await store.domains.list()
  const hosted = domains.map(({ name }) => name)
  const stranger = wanted.find((name) => !hosted.includes(name))
  if (stranger !== undefined) {
    const hint = 'posthouse domain list'
    throw new CliError('notFound', 'domain.not_found', `There is no domain ${stranger} here`, hint)
  }
  if (wanted.length > 0) return wanted
  // What is switched off need not be published.
  return domains.filter(({ isDisabled }) => !isDisabled).map(({ name }) => name)
}

function areasOf(text: string | undefined): ReadonlySet<Area> {
  const words = text === undefined ? [] : text.split(',').map((word) => word.trim())
  return new Set(
    words.map((word) => {
      const area = areas.find((one) => one === word)
      if (area !== undefined) return area
      const hint = `areas: ${areas.join(', ')}`
      throw new CliError('usage', 'usage.area', `There is no area "${word}"`, hint)
    }),
  )
}

function tell(
  terminal: Terminal,
  shown: readonly Diagnosis[],
  all: readonly Diagnosis[],
  changes: Changes,
  isSinceLast: boolean,
): void {
  if (!terminal.isTalking) {
    return terminal.list(findingKind, shown.map(itemOf), ['id', 'state', 'text'])
  }
  terminal.data(reportLines(shown, all).join('\n'))
  if (changes.since === undefined) return
  const what = [
    ...changes.worse.map(({ id }) => id),
    ...changes.mended.map((id) => `${id} (mended)`),
  ]
  if (what.length > 0) terminal.data(`Changed since ${changes.since}: ${what.join(', ')}`)
  else if (isSinceLast) terminal.data(`Nothing has changed since ${changes.since}.`)
}
