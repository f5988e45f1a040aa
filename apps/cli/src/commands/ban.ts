import type { LoginFailureCount, NetworkReport, NetworkRule } from '@posthouse/store'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions, type CommonOptions } from '../command-options.ts'
import { kind, type ItemOf } from '../output/kind.ts'
import { dateTime, integer, listOf, oneOf, orNull, string } from '../output/shape.ts'
import { withStore } from '../with-store.ts'
import { parseDuration } from './parse-quantity.ts'

const columns = ['network', 'rule', 'login', 'failures', 'until'] as const

/** A rule about a network, or failures that are counted there. */
const banKind = kind('Ban', 'a rule about a network, or failures to sign in that are counted', {
  network: string,
  rule: oneOf('ban', 'trust', 'held', 'counted'),
  login: orNull(string),
  failures: orNull(integer),
  limit: orNull(integer),
  until: orNull(dateTime),
  since: dateTime,
})

/** What `ban remove` did. */
const banRemovalKind = kind('BanRemoval', 'a network of which everything is forgotten', {
  network: string,
})

/** What `ban why` says. */
const banReportKind = kind('BanReport', 'whether an address may sign in, and why', {
  address: string,
  verdict: oneOf('banned', 'trusted', 'held', 'open'),
  rule: orNull(oneOf('ban', 'trust')),
  ruleNetwork: orNull(string),
  ruleUntil: orNull(dateTime),
  failures: listOf(string),
  knownAccounts: listOf(string),
})

/** `posthouse ban list`. */
export async function listBans(options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const [rules, held] = await Promise.all([store.networkRules.list(), store.networkRules.held()])
    const now = new Date()
    terminal.list(
      banKind,
      [...rules.map(ruleItem), ...held.map((one) => heldItem(one, now))],
      columns,
    )
    if (rules.length + held.length > 0) return
    terminal.talk('No network is banned or trusted, and nobody is held up.')
    terminal.next('posthouse ban add 192.0.2.1 --for 1h')
  })
}

/** `posthouse ban why IP`. */
export async function explainBan(ip: string, options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const report = await store.networkRules.why(ip)
    if (report === undefined) throw malformed(ip, 'write one address: 192.0.2.1 or 2001:db8::1')
    if (!terminal.isTalking) return terminal.object(banReportKind, reportItem(report))
    terminal.talk(`${report.address}: ${verdicts[report.verdict]}`)
    const now = new Date()
    const { rule, failures, knownAccounts } = report
    const rules = rule === undefined ? [] : [ruleItem(rule)]
    terminal.list(banKind, [...rules, ...failures.map((one) => heldItem(one, now))], columns)
    if (knownAccounts.length > 0) {
      terminal.talk(
        `Never locked out from here, having signed in before: ${knownAccounts.join(', ')}`,
      )
    }
    if (report.verdict === 'held') terminal.next(`posthouse ban remove ${report.address}`)
    if (report.verdict === 'banned') terminal.next(`posthouse ban remove ${rule?.network ?? ip}`)
  })
}

/** `posthouse ban add NETWORK`. */
export async function addBan(
  network: string,
  options: ChangeOptions & {
    readonly for?: string | undefined
    readonly yes?: boolean | undefined
  },
): Promise<void> {
  const terminal = terminalOf(options)
  const forSeconds = secondsOf(options.for)
  if (isWide(network)) {
    const { confirmYes } = await import('../ask.ts')
    const question = `${network} is a large part of the internet. Ban it?`
    await confirmYes(question, options.yes === true || options.dryRun === true, options)
  }
  await setRule(network, 'ban', options, forSeconds)
  if (options.dryRun !== true) terminal.next(`posthouse ban why ${network.replace(/\/.*/, '')}`)
}

/** `posthouse ban trust NETWORK`. */
export async function trustNetwork(network: string, options: ChangeOptions): Promise<void> {
  await setRule(network, 'trust', options, undefined)
  if (options.dryRun !== true) terminalOf(options).next('posthouse ban list')
}

/** `posthouse ban remove NETWORK`. */
export async function removeBan(network: string, options: ChangeOptions): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    if (options.dryRun === true)
      return terminal.talk(`Would forget the rule and failures of ${network}`)
    const outcome = await store.networkRules.remove(network, commandLineActor())
    if (outcome === 'malformed') throw malformed(network)
    if (outcome === 'not-found') {
      const hint = 'posthouse ban list'
      throw new CliError('notFound', 'ban.not_found', `Nothing is known of ${network}`, hint)
    }
    terminal.object(banRemovalKind, { id: network, fields: { network } })
    terminal.talk(`The rule and the failures of ${network} are forgotten.`)
    terminal.next('posthouse ban list')
  })
}

async function setRule(
  network: string,
  rule: 'ban' | 'trust',
  options: ChangeOptions,
  forSeconds: number | undefined,
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    if (options.dryRun === true) return terminal.talk(`Would ${rule} ${network}`)
    const how = forSeconds === undefined ? {} : { forSeconds }
    const made = await store.networkRules.set(network, rule, how, commandLineActor())
    if (made === undefined) throw malformed(network)
    terminal.object(banKind, ruleItem(made))
    const until = made.until === undefined ? '' : ` until ${made.until.toISOString()}`
    terminal.talk(
      rule === 'ban'
        ? `Nobody signs in from ${made.network}${until}.`
        : `Failures from ${made.network} are not counted.`,
    )
  })
}

const verdicts: Readonly<Record<NetworkReport['verdict'], string>> = {
  banned: 'nobody may sign in from here',
  trusted: 'failures from here are not counted',
  held: 'too many failures: some attempts have to wait',
  open: 'may sign in',
}

function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const seconds = parseDuration(text)
  if (seconds !== undefined) return seconds
  throw new CliError('usage', 'ban.time', `"${text}" is no time`, 'write 30m, 1h or 7d')
}

/** Wider than any provider: a /8 of IPv4, a /16 of IPv6. */
function isWide(network: string): boolean {
  const bits = Number(network.split('/')[1] ?? 128)
  return bits < (network.includes(':') ? 16 : 8)
}

function ruleItem({ network, rule, until, madeAt }: NetworkRule): ItemOf<typeof banKind> {
  return {
    id: network,
    fields: {
      network,
      rule,
      login: null,
      failures: null,
      limit: null,
      until: until?.toISOString() ?? null,
      since: madeAt.toISOString(),
    },
  }
}

function heldItem(count: LoginFailureCount, now: Date): ItemOf<typeof banKind> {
  const { network, login, failures, limit, heldSeconds, lastAt } = count
  const until = new Date(now.getTime() + heldSeconds * 1_000)
  return {
    id: network,
    fields: {
      network,
      rule: heldSeconds > 0 ? 'held' : 'counted',
      login: login ?? null,
      failures,
      limit,
      until: heldSeconds > 0 ? until.toISOString() : null,
      since: lastAt.toISOString(),
    },
  }
}

function reportItem({ address, verdict, rule, failures, knownAccounts }: NetworkReport) {
  return {
    id: address,
    fields: {
      address,
      verdict,
      rule: rule?.rule ?? null,
      ruleNetwork: rule?.network ?? null,
      ruleUntil: rule?.until?.toISOString() ?? null,
      failures: failures.map((one) => {
        const held = one.heldSeconds > 0 ? `, held ${one.heldSeconds} s` : ''
        return `${one.network} ${one.login ?? '*'}: ${one.failures} of ${one.limit}${held}`
      }),
      knownAccounts,
    },
  }
}

function malformed(
  text: string,
  hint = 'write 192.0.2.1, 192.0.2.0/24 or 2001:db8::/48',
): CliError {
  return new CliError('usage', 'ban.malformed', `"${text}" is not an address or a network`, hint)
}
