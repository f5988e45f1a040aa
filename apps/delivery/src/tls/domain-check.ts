import type { Config } from '@posthouse/config'
import type { DnssecStatus, Resolver } from '@posthouse/dns'
import { networks } from '@posthouse/line-server'
import { connectSmtp, describeReply } from '@posthouse/smtp'
import { findRoute, type Hop } from '../route.ts'
import { type DaneFinding, findDane } from './dane-lookup.ts'
import { knownDnssec } from './dnssec-known.ts'
import type { TlsFailure } from './failure.ts'
import { makePlan, type Plan } from './plan.ts'
import type { StsFinding } from './sts-book.ts'
import { type Fetched, fetchStsPolicy } from './sts-fetch.ts'
import { isListed } from './sts-policy.ts'
import { stsRecordId } from './sts-record.ts'
import { sessionFailure } from './session-verdict.ts'
import { fetchContextOf } from './tls-desk.ts'
import { tlsaLine } from './tls-recorder.ts'

/** What a check needs. */
export interface CheckContext {
  readonly config: Config
  readonly resolver: Resolver
  /** An authority that is trusted, too; for tests. */
  readonly ca?: string
}

/** One address of a mail host, looked at from here. */
export interface HostCheck {
  readonly host: string
  readonly address: string
  /**
   * `good`: mail would go there, and the host proves who it is. `open`: nothing is asked of it. `bad`: mail would not go there.
   * `away`: no connection.
   */
  readonly result: 'good' | 'open' | 'bad' | 'away'
  /** The type of the failure (RFC 8460 §4.3). */
  readonly type?: string
  readonly because: string
  readonly protocol?: string
}

/** What DANE says of a domain's hosts (RFC 7672). */
export interface DaneCheck {
  readonly dnssec: DnssecStatus
  /** Why no host could be looked at. */
  readonly problem?: string
  readonly hosts: readonly (HostCheck & { readonly tlsa: readonly string[] })[]
}

/** What MTA-STS says of a domain and its hosts (RFC 8461). */
export interface StsCheck {
  /** `id` of the record; absent: none is announced. */
  readonly id?: string
  readonly fetched?: Fetched
  readonly problem?: string
  readonly hosts: readonly (HostCheck & { readonly isListed: boolean })[]
}

/** Looks at a domain as a delivery would, for DANE alone. Sends no mail. */
export async function checkDane(domain: string, context: CheckContext): Promise<DaneCheck> {
  const { resolver } = context
  const dnssec = await knownDnssec(resolver)
  const hops = await hopsOf(domain, context)
  if (typeof hops === 'string') return { dnssec, problem: hops, hosts: [] }
  const hosts = await inTurn(hops, async (hop) => {
    const dane = await findDane({ ...hop, domain }, resolver)
    const checked = await checkHost(hop, { dane, sts: {} }, context)
    return { ...checked, tlsa: dane.kind === 'records' ? dane.all.map(tlsaLine) : [] }
  })
  return { dnssec, hosts }
}

/** The same for MTA-STS: fetches the policy anew, and keeps nothing. */
export async function checkSts(domain: string, context: CheckContext): Promise<StsCheck> {
  const { config, resolver, ca } = context
  const answer = await resolver.txt(`_mta-sts.${domain}`)
  if (answer.kind === 'temporary') {
    return { problem: `TXT of _mta-sts.${domain}: ${answer.because}`, hosts: [] }
  }
  const id = answer.kind === 'records' ? stsRecordId(answer.records) : undefined
  if (id === undefined) return { hosts: [] }
  const fetched = await fetchStsPolicy(domain, fetchContextOf(config, resolver, ca))
  if (!fetched.ok) return { id, fetched, hosts: [] }
  const hops = await hopsOf(domain, context)
  if (typeof hops === 'string') return { id, fetched, problem: hops, hosts: [] }
  const { policy } = fetched
  const now = new Date()
  const kept = { ...policy, domain, policyId: id, remainingSeconds: policy.maxAgeSeconds }
  // What `testing` would be if it were meant.
  const mode = policy.mode === 'testing' ? 'enforce' : policy.mode
  const sts: StsFinding = { policy: { ...kept, mode, fetchedAt: now, expiresAt: now } }
  const hosts = await inTurn(hops, async (hop) => ({
    ...(await checkHost(hop, { dane: { kind: 'none' }, sts }, context)),
    isListed: isListed(policy, hop.host),
  }))
  return { id, fetched, hosts }
}

async function checkHost(
  { host, address }: Hop,
  found: { readonly dane: DaneFinding; readonly sts: StsFinding },
  context: CheckContext,
): Promise<HostCheck> {
  const rest = { need: 'usual', isMxSecure: false, expectsTls: false } as const
  const plan = makePlan({ host, ...found, ...rest })
  if (plan.kind === 'refused') return bad({ host, address }, plan.failure)
  const { config, ca } = context
  const connected = await connectSmtp({
    host,
    address,
    port: config.delivery.mxPort,
    name: config.hostname,
    tls: 'opportunistic',
    deadlines,
    ...(plan.kind === 'dane' && { serverName: plan.finding.base }),
    ...(ca !== undefined && { ca }),
  })
  if (!connected.ok) {
    const { reply, because } = connected.failure
    const words = reply === undefined ? because : describeReply(reply)
    return { host, address, result: 'away', because: words }
  }
  const { client } = connected
  const failed = sessionFailure(plan, host, client.tls, new Date())
  const protocol = client.tls === undefined ? {} : { protocol: client.tls.protocol }
  await client.quit()
  if (failed !== undefined) return { ...bad({ host, address }, failed), ...protocol }
  return { host, address, ...standing(plan), ...protocol }
}

function standing(plan: Plan): Pick<HostCheck, 'result' | 'because'> {
  if (plan.kind === 'dane') return { result: 'good', because: 'a TLSA record vouches for it' }
  if (plan.kind === 'webpki') return { result: 'good', because: 'its certificate is valid' }
  return {
    result: 'open',
    because: plan.kind === 'encrypted' ? plan.why : 'nothing is asked of it',
  }
}

function bad(
  where: { readonly host: string; readonly address: string },
  { type, because }: TlsFailure,
): HostCheck {
  return { ...where, result: 'bad', type, because }
}

async function hopsOf(
  domain: string,
  { config, resolver }: CheckContext,
): Promise<readonly Hop[] | string> {
  const route = await findRoute(domain, {
    resolver,
    hostname: config.hostname.toLowerCase(),
    ownAddresses: { all: () => Promise.resolve(new Set()) },
    privateTargets: networks(config.delivery.privateTargets),
    limit: mostHops,
  })
  if (route.kind === 'hops') return route.hops
  return route.kind === 'nowhere' ? route.reply.text : route.because
}

async function inTurn<T, R>(
  all: readonly T[],
  work: (one: T) => Promise<R>,
): Promise<readonly R[]> {
  const done: R[] = []
  for (const one of all) done.push(await work(one))
  return done
}

const mostHops = 20
/** A person waits. */
const deadlines = { connectMs: 10_000, greetingMs: 20_000, commandMs: 20_000 }
