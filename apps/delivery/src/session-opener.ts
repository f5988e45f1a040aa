import type { Config } from '@posthouse/config'
import type { SmtpClient } from '@posthouse/smtp'
import type { TlsPolicyName } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import type { DeliveryLimits } from './limits.ts'
import { type HopFailure, meaningOf, type Unreached } from './opening-failures.ts'
import type { Hop } from './route.ts'
import type { FamilyMemory } from './routes/family-memory.ts'
import type { SecurityNeed } from './tls/security-need.ts'
import type { TlsDesk } from './tls/tls-desk.ts'
import { tryHop } from './try-hop.ts'

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
