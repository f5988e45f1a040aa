import {
  filterMessage,
  verdictFields,
  type FilterMessage,
  type FilterRecipient,
  type FilterVerdict,
} from '@posthouse/filter'
import {
  authenticationResultsField,
  receivedSpfField,
  type AuthenticationInput,
  type AuthenticationVerdict,
} from '@posthouse/mail-auth'
import type { Reply } from '@posthouse/smtp'
import type {
  AccountId,
  FilterSettings,
  LocalDestination,
  MessageVerdict,
  Store,
} from '@posthouse/store'
import type { Accepted } from '../accepted.ts'
import type { Destination } from '../destination.ts'
import { heldBack, type HeldBack } from '../forwarding/safe-to-forward.ts'
import { Checks, type CheckServices } from './checks.ts'
import { HostedDomains } from './hosted-domains.ts'
import { Learner } from './learner.ts'
import { ownWord } from './own-word.ts'
import { Placing } from './placing.ts'
import { blockedReply, notForwardedReply, refusalOf } from './refusal.ts'

/** What inspecting needs. */
export interface InspectorServices extends CheckServices {
  readonly store: Pick<Store, 'domains' | 'filterSettings' | 'learning' | 'greylist'>
}

/** What came of looking at a message. */
export interface Inspection {
  /** For the store and the trace. */
  readonly verdict: MessageVerdict
  /** It is not taken: what the client hears. */
  readonly refusal?: Reply
  readonly placing: Placing
  /** It may leave the house. */
  readonly isForwarded: boolean
  /** SPF or DMARC say that somebody else sent it: what is written to its sender reaches a stranger. */
  readonly isForged: boolean
  /** Whole header fields that tell of it, for the copies here. */
  readonly fields: string
  /** To be called when it is answered: what can be learnt of it is. */
  readonly learn: () => void
}

/** Looks at every message before it is committed: who sent it, and what it is (DESIGN.md, "A message's way in"). */
export class Inspector {
  readonly #services: InspectorServices
  readonly #domains: HostedDomains
  readonly #learner: Learner
  #checks: Checks | undefined

  constructor(services: InspectorServices) {
    this.#services = services
    this.#domains = new HostedDomains(services.store.domains)
    this.#learner = new Learner(services, {
      noteSpam: (message) => this.#checks?.noteSpam(message),
    })
  }

  /** Learns from what owners do with their mail, too, until it is closed. For one app of the house. */
  watchOwners(): this {
    this.#learner.watchOwners()
    return this
  }

  /**
   * @param accepted without forged results (RFC 8601 §5)
   * @throws StoreUnavailable where the settings can not be read.
   */
  async inspect(accepted: Accepted): Promise<Inspection> {
    const { filterSettings } = this.#services.store
    const accounts = [...accountsOf(accepted)]
    const [settings, filters, ours] = await Promise.all([
      filterSettings.current(),
      filterSettings.forAccounts(accounts),
      this.#domains.names(),
    ])
    const checks = this.#checksBy(settings)
    const authentication = this.#authenticate(checks, accepted)
    const message = viewOf(accepted, ours, authentication)
    const [verdict, known] = await Promise.all([checks.judge(message), authentication])
    const placing = new Placing(message, verdict, known, filters)
    const held = heldBack(verdict, known)
    const refusal = refuse(accepted, message, verdict, placing, held)
    return {
      verdict: { direction: message.direction, ...verdict, authentication: known },
      ...(refusal !== undefined && { refusal }),
      placing,
      isForwarded: held === undefined,
      isForged: known.spf.mailFrom.result === 'fail' || known.dmarc.result === 'fail',
      fields: this.#fields(checks, accepted, verdict, known),
      learn: () => this.#learn(accepted, message, verdict),
    }
  }

  /** Why mail waits at the filter, in words; undefined: it does not. */
  trouble(): string | undefined {
    const troubles = this.#checks?.troubles() ?? []
    return troubles.length === 0 ? undefined : `mail waits for the filter: ${troubles.join('; ')}`
  }

  async close(): Promise<void> {
    await this.#learner.close()
    await this.#checks?.replace()
  }

  #learn({ account, envelope }: Accepted, message: FilterMessage, verdict: FilterVerdict): void {
    if (account === null) this.#learner.consider(message, verdict)
    else {
      const addresses = envelope.recipients.map(({ rcpt }) => rcpt.recipient.address)
      this.#learner.wrote(account, addresses)
    }
  }

  #checksBy(settings: FilterSettings): Checks {
    const known = this.#checks
    if (known?.settings === settings) return known
    void known?.replace()
    this.#checks = new Checks(settings, this.#services)
    return this.#checks
  }

  #authenticate(checks: Checks, accepted: Accepted): Promise<AuthenticationVerdict> {
    const input = inputOf(accepted)
    if (accepted.account === null) return checks.authenticate(accepted.octets, input)
    const domain = input.mailFrom.slice(input.mailFrom.lastIndexOf('@') + 1)
    return Promise.resolve(ownWord(input, domain === '' ? [] : [domain], 'signed in here'))
  }

  /** Mail of our own users tells nothing of it: nothing was asked, and they know what they sent. */
  #fields(
    checks: Checks,
    accepted: Accepted,
    verdict: FilterVerdict,
    known: AuthenticationVerdict,
  ): string {
    if (accepted.account !== null) return ''
    const { hostname } = this.#services
    const results = checks.isAuthenticating
      ? authenticationResultsField(known, hostname) + receivedSpfField(known, hostname)
      : ''
    return (verdict.stages.length === 0 ? '' : verdictFields(verdict)) + results
  }
}

function refuse(
  accepted: Accepted,
  message: FilterMessage,
  verdict: FilterVerdict,
  placing: Placing,
  held: HeldBack,
): Reply | undefined {
  const { queueId, envelope } = accepted
  const refusal = refusalOf(verdict, message.direction, queueId)
  if (refusal !== undefined || message.direction === 'outbound') return refusal
  const isForOthersOnly = ({ target }: (typeof envelope.recipients)[number]): boolean =>
    hereOf(target).length === 0
  if (held !== undefined && envelope.recipients.some(isForOthersOnly)) {
    return notForwardedReply(held, queueId)
  }
  const isAllOurs = !envelope.recipients.some(({ target }) => target.remote.length > 0)
  const isBlocked = isAllOurs && placing.isBlockedByAll([...accountsOf(accepted)])
  return isBlocked ? blockedReply(queueId) : undefined
}

function inputOf({ session, envelope, receivedAt }: Accepted): AuthenticationInput {
  return {
    address: session.remoteAddress,
    helo: session.helo ?? '',
    mailFrom: envelope.mail.sender.address,
    at: receivedAt,
  }
}

function viewOf(
  accepted: Accepted,
  ourDomains: ReadonlySet<string>,
  authentication: Promise<AuthenticationVerdict>,
): FilterMessage {
  const { session, envelope } = accepted
  return filterMessage({
    queueId: accepted.queueId,
    direction: accepted.account === null ? 'inbound' : 'outbound',
    octets: accepted.octets,
    sender: envelope.mail.sender.address,
    recipients: envelope.recipients.flatMap(recipientsOf),
    client: {
      address: session.remoteAddress,
      helo: session.helo ?? '',
      isTls: session.tls !== undefined,
    },
    ourDomains,
    authentication,
    receivedAt: accepted.receivedAt,
  })
}

function recipientsOf({
  rcpt,
  target,
}: Accepted['envelope']['recipients'][number]): readonly FilterRecipient[] {
  const { address } = rcpt.recipient
  const local = hereOf(target).map(({ account }) => ({ address, account }))
  return target.remote.length > 0 || local.length === 0 ? [...local, { address }] : local
}

function accountsOf({ envelope }: Accepted): ReadonlySet<AccountId> {
  return new Set(
    envelope.recipients.flatMap(({ target }) => hereOf(target).map(({ account }) => account)),
  )
}

/** Whom it is for here, and whom it would be for if it did not go on. */
function hereOf({ local, fallback = [] }: Destination): readonly LocalDestination[] {
  return [...local, ...fallback]
}
