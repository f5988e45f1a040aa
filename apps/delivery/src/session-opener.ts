import {
  connectSmtp,
  type ConnectFailure,
  describeReply,
  type RecipientOutcome,
  type SmtpClient,
} from '@posthouse/smtp'
import type { Config } from '@posthouse/config'
import type { Log } from '@posthouse/telemetry'
import type { DeliveryLimits } from './limits.ts'
import type { Hop } from './route.ts'
import type { SecurityNeed } from './tls/security-need.ts'

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
  readonly policy: 'none' | 'opportunistic' | 'dane' | 'sts' | 'relay'
  readonly isVerified: boolean
}

/** A session, or what the failure of every address means for each recipient. */
export type Opened =
  | { readonly kind: 'session'; readonly session: Session }
  | {
      readonly kind: 'failed'
      readonly outcome: RecipientOutcome
      readonly host: string | undefined
    }

/** What opening needs. */
export interface OpenerContext {
  readonly config: Config
  readonly limits: DeliveryLimits
  readonly log: Log
  readonly signal: AbortSignal
}

/**
 * Tries the addresses one after another until one answers (RFC 5321 §5.1), with STARTTLS where it
 * is offered (RFC 7435: opportunistic). When none does, the message waits, unless every host that
 * was tried said with a 5yz greeting that it takes no mail (RFC 7504).
 */
export async function openSession(
  hops: readonly Hop[],
  _need: SecurityNeed,
  context: OpenerContext,
  _domain: string,
): Promise<Opened> {
  const failures: { hop: Hop; failure: ConnectFailure }[] = []
  for (const hop of hops) {
    if (context.signal.aborted) break
    const connected = await connectSmtp(
      {
        host: hop.host,
        address: hop.address,
        port: context.config.delivery.mxPort,
        name: context.config.hostname,
        tls: 'opportunistic',
        deadlines: context.limits.deadlines,
      },
      context.signal,
    )
    if (connected.ok) {
      const { client } = connected
      const policy = client.tls === undefined ? 'none' : 'opportunistic'
      const security = { policy, isVerified: false } as const
      return { kind: 'session', session: { client, hop, security, sent: 0 } }
    }
    failures.push({ hop, failure: connected.failure })
    const { stage, because } = connected.failure
    context.log.info('delivery.connect.failed', {
      host: hop.host,
      address: hop.address,
      stage,
      because,
    })
  }
  return { kind: 'failed', ...meaningOf(failures) }
}

function meaningOf(failures: readonly { readonly hop: Hop; readonly failure: ConnectFailure }[]): {
  outcome: RecipientOutcome
  host: string | undefined
} {
  const last = failures.at(-1)
  if (last === undefined) {
    return {
      outcome: { kind: 'deferred', because: 'Stopped before a connection stood' },
      host: undefined,
    }
  }
  const answered = failures.findLast(({ failure }) => failure.reply !== undefined)
  const reply = answered?.failure.reply
  const isPermanent = failures.every(({ failure }) => (failure.reply?.code ?? 0) >= 500)
  if (isPermanent && reply !== undefined) {
    return { outcome: { kind: 'bounced', reply, local: false }, host: answered?.hop.host }
  }
  const because = failures.map(
    ({ hop, failure }) => `${hop.host} [${hop.address}]: ${wordsOf(failure)}`,
  )
  const outcome = { kind: 'deferred', because: because.join('; ') } as const
  return {
    outcome: reply === undefined || reply.code >= 500 ? outcome : { ...outcome, reply },
    host: (answered ?? last).hop.host,
  }
}

function wordsOf(failure: ConnectFailure): string {
  return failure.reply === undefined ? failure.because : describeReply(failure.reply)
}
