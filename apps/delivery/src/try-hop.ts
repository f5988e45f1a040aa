import {
  connectSmtp,
  type Connected,
  describeReply,
  type SmtpClient,
  type TlsPolicy,
} from '@posthouse/smtp'
import { StoreUnavailable } from '@posthouse/store'
import {
  type HopFailure,
  unconnected,
  unknownPolicy,
  unpromised,
  unprotected,
} from './opening-failures.ts'
import type { Hop } from './route.ts'
import type { OpenerContext, Session, SessionSecurity } from './session-opener.ts'
import { failure, type TlsFailure } from './tls/failure.ts'
import { type Plan, relayPlan } from './tls/plan.ts'
import type { SecurityNeed } from './tls/security-need.ts'
import { isVerifying, sessionFailure } from './tls/session-verdict.ts'
import type { Planned } from './tls/tls-policies.ts'

/** Whose mail is to go over it, and what it asks for. */
export interface Purpose {
  readonly domain: string
  readonly need: SecurityNeed
}

/** Tries one address: a session that may be used, or why there is none. Nothing is sent. */
export async function tryHop(
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
    if (plan.isFinal) return unpromised(hop, plan.failure.because)
    recorder.failed(contact, planned, plan.failure)
    return unprotected(hop, plan.failure)
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
