import { stsModes, type StsServing } from '@posthouse/store'
import { stsPolicyText } from '@posthouse/web/sts-policy'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions } from '../command-options.ts'
import { configOf } from '../config-of.ts'
import { kind } from '../output/kind.ts'
import { integer, oneOf, orNull, string } from '../output/shape.ts'
import { withStore } from '../with-store.ts'
import { foreignDomain } from './foreign-domain.ts'
import { parseFuture } from './parse-quantity.ts'

/** What `mtasts set` leaves behind. */
const policyKind = kind('MtaStsPolicy', 'the MTA-STS policy of a domain of ours', {
  domain: string,
  mode: oneOf('off', ...stsModes),
  maxAgeSeconds: orNull(integer),
})

/** While it is tried out, others shall not keep it for long (RFC 8461 §3.2 wants weeks once it is enforced). */
const usualDays = { none: 1, testing: 1, enforce: 14 } as const
const daySeconds = 86_400
/** RFC 8461 §3.2. */
const mostSeconds = 31_557_600

/** `posthouse mtasts set DOMAIN off|testing|enforce|none`. */
export async function setPolicy(
  name: string,
  mode: string,
  options: ChangeOptions & { readonly maxAge?: string | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  const { clients, hostname } = configOf(options)
  const serving = servingOf(mode, options.maxAge)
  await withStore(options, async (store) => {
    const domain = await store.domains.show(name)
    if (domain === undefined) throw foreignDomain(name)
    const words = serving === undefined ? 'no MTA-STS policy' : `MTA-STS mode ${serving.mode}`
    if (options.dryRun === true) return terminal.talk(`Would publish ${words} for ${domain.name}`)
    await store.stsServings.set(domain.name, serving, commandLineActor())
    const fields = {
      domain: domain.name,
      mode: serving?.mode ?? ('off' as const),
      maxAgeSeconds: serving?.maxAgeSeconds ?? null,
    }
    terminal.object(policyKind, { id: domain.name, fields })
    terminal.talk(`${domain.name} publishes ${words} now.`)
    if (serving !== undefined) terminal.talk(stsPolicyText(serving, [hostname]).trimEnd())
    if (serving !== undefined && clients.publicPorts.https !== 443)
      terminal.talk('Nobody can fetch it: the web server is not reached on port 443.')
    // RFC 8461 §8.3: others go on with what they remember until it is over.
    if (serving === undefined)
      terminal.talk('Who remembers an older policy keeps to it: `none` first, and off weeks later.')
    terminal.next(`posthouse dns records ${domain.name}`, `posthouse mtasts check ${domain.name}`)
  })
}

function servingOf(mode: string, maxAge: string | undefined): StsServing | undefined {
  if (mode === 'off') return undefined
  const known = stsModes.find((each) => each === mode)
  if (known === undefined) {
    const hint = `modes: off, ${stsModes.join(', ')}`
    throw new CliError('usage', 'mtasts.mode', `There is no mode "${mode}"`, hint)
  }
  const maxAgeSeconds = maxAge === undefined ? usualDays[known] * daySeconds : secondsOf(maxAge)
  return { mode: known, maxAgeSeconds }
}

function secondsOf(text: string): number {
  const now = new Date()
  const until = parseFuture(text, now)
  const seconds = Math.round(((until?.getTime() ?? 0) - now.getTime()) / 1000)
  if (seconds > 0 && seconds <= mostSeconds) return seconds
  const hint = 'write 1d, 14d … 1y'
  throw new CliError('usage', 'mtasts.max_age', `"${text}" is no such time`, hint)
}
