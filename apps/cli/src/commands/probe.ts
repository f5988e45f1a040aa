import { findRoute, routeContext, type Hop, type Route } from '@posthouse/delivery'
import { createResolver } from '@posthouse/dns'
import { causeOf } from '@posthouse/smtp'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { configOf } from '../config-of.ts'
import { exitCodes } from '../exit-codes.ts'
import { printable } from '../output/table.ts'
import { kind } from '../output/kind.ts'
import { integer, listOf, object, oneOf, orNull, string } from '../output/shape.ts'
import type { Terminal } from '../output/terminal.ts'
import { probeHost, type Probed } from '../smtp-probe.ts'
import { domainOf } from './route-options.ts'

const stepShape = object({
  step: string,
  good: oneOf('yes', 'no'),
  host: orNull(string),
  address: orNull(string),
  text: string,
  ms: integer,
})

/** What `probe` found. */
const probeKind = kind('Probe', "whether a recipient's mail server would take mail", {
  recipient: string,
  verdict: string,
  cause: orNull(string),
  say: orNull(string),
  said: orNull(string),
  steps: listOf(stepShape),
})

/** Addresses that are tried before it is given up. */
const MAX_HOPS = 4

/** A probe under way: what it found is told as it comes, or kept for the end. */
interface Findings {
  readonly terminal: Terminal
  readonly steps: NonNullable<(typeof stepShape)['type']>[]
}

/** `posthouse probe RECIPIENT`. Needs no database and nothing that runs. */
export async function probe(
  recipient: string,
  options: CommonOptions & { readonly from: string },
): Promise<void> {
  const terminal = terminalOf(options)
  const domain = domainOf(recipient)
  const config = configOf(options)
  const context = routeContext(config, createResolver(config.dns), MAX_HOPS)
  const findings: Findings = { terminal, steps: [] }
  const since = performance.now()
  const route = await findRoute(domain, context)
  tell(findings, 'MX', route.kind === 'hops', routeText(route), performance.now() - since)
  const hops = route.kind === 'hops' ? route.hops : []
  const to = `${recipient.slice(0, recipient.lastIndexOf('@'))}@${domain}`
  let probed: Probed = { reply: route.kind === 'hops' ? undefined : route.reply }
  for (const { host, address } of hops) {
    const port = config.delivery.mxPort
    const request = { host, address, port, helo: config.hostname, from: options.from, to }
    probed = await probeHost({
      ...request,
      hear: ({ step, isGood, text, ms }) =>
        tell(findings, step, isGood, text, ms, { host, address }),
    })
    if (probed.reply !== undefined) break
  }
  conclude(findings, recipient, probed)
}

function tell(
  { terminal, steps }: Findings,
  step: string,
  isGood: boolean,
  text: string,
  ms: number,
  hop?: Pick<Hop, 'host' | 'address'>,
): void {
  const { host = null, address = null } = hop ?? {}
  const shown = printable(text)
  steps.push({ step, good: isGood ? 'yes' : 'no', host, address, text: shown, ms: Math.round(ms) })
  if (!terminal.isTalking) return
  const where = hop === undefined || step !== 'connect' ? '' : `${hop.host} [${hop.address}] `
  const time = `${Math.round(ms)} ms`.padStart(8)
  terminal.data(`${isGood ? '✔' : '✖'} ${step.padEnd(8)} ${time}  ${where}${shown}`)
}

function conclude({ terminal, steps }: Findings, recipient: string, { reply }: Probed): void {
  const { verdict, exit } = verdictOf(reply?.code)
  const cause = reply === undefined || reply.code < 400 ? undefined : causeOf(reply)
  const said =
    reply === undefined ? null : printable(`${reply.code} ${reply.enhanced ?? ''} ${reply.text}`)
  const fields = {
    recipient,
    verdict,
    cause: cause?.id ?? null,
    say: cause?.say ?? null,
    said,
    steps,
  }
  terminal.object(probeKind, { id: recipient, fields })
  terminal.talk(`${recipient}: ${verdict}. Nothing was sent.`)
  if (cause !== undefined) terminal.talk(cause.say)
  if (cause?.operator !== undefined) terminal.talk(cause.operator)
  if (exit !== exitCodes.done) {
    process.exitCode = exit
    terminal.next(`posthouse route test ${recipient}`)
  }
}

function verdictOf(code: number | undefined): { readonly verdict: string; readonly exit: number } {
  if (code === undefined)
    return { verdict: 'no host could be talked to', exit: exitCodes.unreachable }
  if (code < 400) return { verdict: 'would be taken', exit: exitCodes.done }
  if (code < 500) return { verdict: 'not now, perhaps later', exit: exitCodes.pending }
  return { verdict: 'would be refused', exit: exitCodes.checkFailed }
}

function routeText(route: Route): string {
  if (route.kind !== 'hops') return route.reply.text
  const addresses = route.hops.map(({ host, address }) => `${host} [${address}]`)
  return addresses.join(', ')
}
