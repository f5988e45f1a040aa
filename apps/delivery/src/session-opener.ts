import type { Config } from '@posthouse/config'
import {
  connectSmtp,
  type Connected,
  describeReply,
  reply,
  type SmtpClient,
  type TlsPolicy,
} from '@posthouse/smtp'
import { StoreUnavailable, type TlsPolicyName } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import type { DeliveryLimits } from './limits.ts'
import { type HopFailure, meaningOf, type Unreached } from './opening-failures.ts'
import type { Hop } from './route.ts'
import type { FamilyMemory } from './routes/family-memory.ts'
import { failure, type TlsFailure } from './tls/failure.ts'
import { type Plan, relayPlan } from './tls/plan.ts'
import type { SecurityNeed } from './tls/security-need.ts'
import { isVerifying, sessionFailure } from './tls/session-verdict.ts'
import type { TlsDesk } from './tls/tls-desk.ts'
import type { Planned } from './tls/tls-policies.ts'

/** An open connection to one host of a destination. */
export interface Session {
  readonly client: SmtpClient
  readonly hop: Hop
  readonly security: SessionSecurity
  /** Messages that went over it. */
  sent: number
}

/** What protects a session: by whose word, and whether the host has proved who it is. */
export interface SessionSecurity {
  readonly policy: TlsPolicyName
  readonly isVerified: boolean
}

/** A session, or what the failure of every address means for each recipient. */
export type Opened =
  | { readonly kind: 'session'; readonly session: Session }
  | ({ readonly kind: 'failed' } & Unreached)

/** What opening needs. */
export interface OpenerContext {
  readonly config: Config
  readonly limits: DeliveryLimits
  readonly log: Log
  readonly signal: AbortSignal
  readonly tls: Pick<TlsDesk, 'policies' | 'recorder' | 'ca'>
  /** Told which addresses are reached. */
  readonly families?: FamilyMemory | undefined
}

/** Whose mail is to go over it, and what it asks for. */
interface Purpose {
  readonly domain: string
  readonly need: SecurityNeed
}

/**
 * Tries the addresses one after another until one answers (RFC 5321 §5.1) that is protected as the domain's policies and the
 * messages ask for (docs/flow.md). When none does, the message waits, unless every host that was tried said with a 5yz greeting
 * that it takes no mail (RFC 7504), or REQUIRETLS can never be kept (RFC 8689 §4.2.1).
 */
export async function openSession(
  hops: readonly Hop[],
  need: SecurityNeed,
  context: OpenerContext,
  domain: string,
): Promise<Opened> {
  const failures: HopFailure[] = []
  for (const hop of hops) {
    if (context.signal.aborted) break
    const tried = await tryHop(hop, { domain, need }, context)
    if ('session' in tried) return { kind: 'session', session: tried.session }
    failures.push(tried)
    const { stage, because } = tried
    context.log.info('delivery.connect.failed', {
      host: hop.host,
      address: hop.address,
      domain,
      stage,
      because,
    })
  }
  return { kind: 'failed', ...meaningOf(failures) }
}

async function tryHop(
  hop: Hop,
  purpose: Purpose,
  context: OpenerContext,
): Promise<{ readonly session: Session } | HopFailure> {
  const planned = await planFor(hop, purpose, context)
  if (planned === undefined) return unknownPolicy(hop)
  const { plan } = planned
  const contact = { domain: purpose.domain, host: hop.host, address: hop.address }
  const { recorder } = context.tls
  if (plan.kind === 'refused') {
    recorder.failed(contact, planned, plan.failure)
    return plan.isFinal ? unpromised(hop, plan.failure.because) : unprotected(hop, plan.failure)
  }
  if (isTellingStrangers(hop, plan)) {
    const because = 'its password is told to nobody who has not proved who it is'
    return { hop, stage: 'auth', because, isFinal: false }
  }
  const connected = await connect(hop, plan, context)
  context.families?.note(hop.address, connected.ok || connected.failure.stage !== 'connect')
  if (!connected.ok) {
    const because = tlsFailureOf(connected, plan)
    if (because === undefined) return unconnected(hop, connected)
    recorder.failed(contact, planned, because)
    return unprotected(hop, because)
  }
  const { client } = connected
  const bad = sessionFailure(plan, hop.host, client.tls, new Date())
  if (bad !== undefined) {
    recorder.failed(contact, planned, bad, client.localAddress)
    void client.quit()
    return unprotected(hop, bad)
  }
  recorder.used(contact, planned, client, connected.fallback)
  // RFC 8689 §4.2.1, step 4: the next host must promise the same; another one may.
  if (purpose.need === 'required' && !client.extensions.has('REQUIRETLS')) {
    void client.quit()
    return unpromised(
      hop,
      'The message requires TLS all the way; the next host does not offer that',
    )
  }
  return { session: { client, hop, security: securityOf(plan, client), sent: 0 } }
}

/** Whether a relay's password would go to whoever answers there. */
function isTellingStrangers({ relay }: Hop, plan: Plan): boolean {
  return relay?.credentials !== undefined && !relay.isAuthRisky && !isVerifying(plan)
}

/** undefined: the store is away. */
async function planFor(
  hop: Hop,
  { domain, need }: Purpose,
  { tls, log }: OpenerContext,
): Promise<Planned | undefined> {
  if (hop.relay !== undefined) {
    return { plan: relayPlan(hop.relay.tls, need), dane: { kind: 'none' }, sts: {} }
  }
  try {
    return await tls.policies.plan(hop, domain, need)
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    log.warn('delivery.tls.unknown', { domain, error })
    return undefined
  }
}

function connect(hop: Hop, plan: Plan, context: OpenerContext): Promise<Connected> {
  const { config, limits, signal, tls } = context
  const { relay } = hop
  const credentials = relay?.credentials
  return connectSmtp(
    {
      host: hop.host,
      address: hop.address,
      port: relay?.port ?? config.delivery.mxPort,
      name: config.hostname,
      tls: modeOf(plan),
      deadlines: limits.deadlines,
      ...(plan.kind === 'dane' && { serverName: plan.finding.base }),
      ...(relay !== undefined && { implicitTls: relay.implicitTls }),
      ...(credentials !== undefined && {
        credentials: { user: credentials.user, password: credentials.password.reveal() },
      }),
      ...(tls.ca !== undefined && { ca: tls.ca }),
    },
    signal,
  )
}

/** A relay's certificate is looked at before it hears a password; others are judged afterwards, to say what is wrong with them. */
function modeOf(plan: Plan): TlsPolicy {
  if (plan.kind === 'clear') return 'none'
  if (plan.kind === 'any') return 'opportunistic'
  return plan.kind === 'webpki' && plan.policy === 'relay' ? 'verified' : 'required'
}

/** Whether a connection failed for want of TLS: a refusal, or a handshake that did not succeed. */
function tlsFailureOf(
  { failure: failed }: Extract<Connected, { ok: false }>,
  { kind }: Plan,
): TlsFailure | undefined {
  if (failed.stage !== 'tls' || kind === 'any' || kind === 'clear') return undefined
  if (failed.reply === undefined) {
    return failure('validation-failure', `the handshake failed: ${failed.because}`)
  }
  return failure('starttls-not-supported', `it answers ${describeReply(failed.reply)} to STARTTLS`)
}

function securityOf(plan: Plan, { tls }: SmtpClient): SessionSecurity {
  const isVerified = isVerifying(plan)
  if (plan.kind === 'refused') return { policy: 'none', isVerified }
  const isBare = tls === undefined && plan.policy !== 'relay'
  return { policy: isBare ? 'none' : plan.policy, isVerified }
}

function unknownPolicy(hop: Hop): HopFailure {
  return {
    hop,
    stage: 'policy',
    because: 'what is known of its TLS cannot be read now',
    isFinal: false,
  }
}

/** A TLS failure: the host is not used, and nobody is told that the mail cannot arrive (RFC 8461 §5, RFC 7672 §2.1.3). */
function unprotected(hop: Hop, { type, because }: TlsFailure): HopFailure {
  // RFC 3463 §3.8: no such feature, or a cryptographic failure.
  const status = type === 'starttls-not-supported' ? '4.7.4' : '4.7.5'
  return {
    hop,
    stage: 'tls',
    because: `not safe to use: ${because} (${type})`,
    status,
    isFinal: false,
  }
}

function unpromised(hop: Hop, text: string): HopFailure {
  const answer = { reply: reply(550, '5.7.30', text), isLocal: true }
  return { hop, stage: 'policy', because: text, ...answer, isFinal: true }
}

function unconnected(hop: Hop, { failure: failed }: Extract<Connected, { ok: false }>): HopFailure {
  const { stage, reply: answer } = failed
  const because = answer === undefined ? failed.because : describeReply(answer)
  // What a relay says about our password, or a host about STARTTLS, is not about the mail.
  if (answer === undefined || stage === 'tls' || stage === 'auth') {
    return { hop, stage, because, isFinal: false }
  }
  return { hop, stage, because, reply: answer, isFinal: answer.code >= 500 }
}
