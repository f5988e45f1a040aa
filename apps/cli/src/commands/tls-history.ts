import { domainToASCII } from 'node:url'
import { heldSeconds } from '@posthouse/delivery'
import type { KeptStsPolicy, TlsPeer } from '@posthouse/store'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions } from '../command-options.ts'
import { printable } from '../output/table.ts'
import { kind, type ItemOf } from '../output/kind.ts'
import { boolean, dateTime, integer, orNull, string } from '../output/shape.ts'
import type { Terminal } from '../output/terminal.ts'
import { withStore } from '../with-store.ts'
import { spanText } from './span-text.ts'

/** What a host that mail went to has shown. */
const tlsPeerKind = kind('TlsPeer', 'a host that mail went to, and what protected it', {
  domain: string,
  host: string,
  policy: string,
  proved: boolean,
  since: dateTime,
  seen: dateTime,
  protocol: orNull(string),
  cipher: orNull(string),
  tlsDays: integer,
  firstTls: orNull(dateTime),
  lastTls: orNull(dateTime),
  lastClear: orNull(dateTime),
  failures: integer,
  lastFailure: orNull(dateTime),
  failure: orNull(string),
})

/** `posthouse tls history [DOMAIN] [--forget]`. */
export async function tlsHistory(
  name: string | undefined,
  options: ChangeOptions & { readonly limit: string; readonly forget?: boolean | undefined },
): Promise<void> {
  const limit = Number(options.limit)
  if (!Number.isInteger(limit) || limit < 1) {
    throw new CliError('usage', 'usage.count', `"${options.limit}" is no number of rows`)
  }
  if (options.forget === true && name === undefined) {
    throw new CliError('usage', 'usage.incomplete', 'Name the domain that is to be forgotten')
  }
  const domain = name === undefined ? undefined : domainToASCII(name).toLowerCase()
  const terminal = terminalOf(options)
  await withStore(options, async ({ tls }) => {
    const all = domain === undefined ? await tls.recent(limit) : await tls.peers(domain)
    const peers = all.slice(0, limit)
    const policy = domain === undefined ? undefined : await tls.stsPolicy(domain)
    terminal.list(tlsPeerKind, peers.map(itemOf), columns)
    if (domain === undefined) return
    tell(terminal, domain, peers, policy)
    if (options.forget !== true) return
    if (options.dryRun === true) return terminal.talk(`Would forget all of that about ${domain}`)
    await tls.forget(domain)
    terminal.talk(`Forgotten. Workers know it within a minute; mail is tried again when it is due.`)
    terminal.next(`posthouse queue retry --domain ${domain}`)
  })
}

const columns = [
  'domain',
  'host',
  'policy',
  'proved',
  'protocol',
  'lastTls',
  'failures',
  'failure',
] as const

function itemOf(peer: TlsPeer): ItemOf<typeof tlsPeerKind> {
  const { domain, mxHost, policy, isVerified, protocol, cipher, failure, failures } = peer
  return {
    id: `${domain} ${mxHost}`,
    fields: {
      domain,
      host: mxHost,
      policy,
      proved: isVerified,
      since: peer.sinceAt.toISOString(),
      seen: peer.seenAt.toISOString(),
      protocol: protocol ?? null,
      cipher: cipher ?? null,
      tlsDays: peer.tlsDays,
      firstTls: peer.firstTlsAt?.toISOString() ?? null,
      lastTls: peer.lastTlsAt?.toISOString() ?? null,
      lastClear: peer.lastClearAt?.toISOString() ?? null,
      failures,
      lastFailure: peer.lastFailureAt?.toISOString() ?? null,
      failure: failure ?? null,
    },
  }
}

function tell(
  terminal: Terminal,
  domain: string,
  peers: readonly TlsPeer[],
  policy: KeptStsPolicy | undefined,
): void {
  if (peers.length === 0) terminal.talk(`Nothing was carried to ${domain} yet.`)
  for (const peer of peers) for (const line of wordsOf(peer)) terminal.talk(printable(line))
  if (policy === undefined) return
  const left = spanText(policy.remainingSeconds * 1000)
  const hosts = policy.mx.join(', ') || 'none'
  const words = { enforce: 'enforced', testing: 'tested', none: 'none is asked for' }[policy.mode]
  terminal.talk(printable(`MTA-STS: ${words}, for ${hosts}; kept for ${left} more.`))
  if (policy.failure !== undefined) {
    terminal.talk(printable(`It could not be fetched anew: ${policy.failure}`))
  }
}

function wordsOf(peer: TlsPeer): readonly string[] {
  const { mxHost, policy, isVerified, protocol, tlsDays, tlsAgeSeconds, failures, failure } = peer
  const proof = isVerified ? 'proves who it is' : 'proves nothing'
  const lines = [
    `${mxHost}: ${protection[policy]}; it ${proof}${protocol === undefined ? '' : `, over ${protocol}`}.`,
  ]
  if (failures > 0) {
    lines.push(`  The last ${failures} tries failed: ${failure ?? 'nobody knows why'}`)
  }
  if (tlsAgeSeconds !== undefined && tlsDays >= 3) {
    const left = (heldSeconds - tlsAgeSeconds) * 1000
    lines.push(
      left > 0
        ? `  TLS stood on ${tlsDays} days: for ${spanText(left)} more no mail goes there without it.`
        : `  TLS stood on ${tlsDays} days and has been gone for ${spanText(tlsAgeSeconds * 1000)}: mail may go in the clear.`,
    )
  }
  return lines
}

const protection = {
  none: 'mail went in the clear',
  opportunistic: 'TLS because it is offered, no policy asks for it',
  dane: 'TLS by DANE',
  sts: 'TLS by MTA-STS',
  relay: 'as its route says',
} as const
