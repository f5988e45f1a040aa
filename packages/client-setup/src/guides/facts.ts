import { chosen, typed, type GuideField } from './guide.ts'
import { bestOf, type Offer, type Service } from '../offer.ts'

/** What every guide says in the words of its program. */
export interface GuideFacts {
  /** Of whom it tells; else words that stand for it. */
  readonly address: string
  /** The field that wants the address. */
  readonly user: (label: string) => GuideField
  readonly host: string
  readonly incoming: Service
  readonly outgoing: Service
}

/** What stands for the address where nobody said which. */
const anyAddress = 'your email address'

/** The field that wants the address: nothing to copy where it is not known. */
export function userField(label: string, address: string | undefined): GuideField {
  return address === undefined ? chosen(label, anyAddress) : typed(label, address)
}

/** The facts of an offer; undefined where mail cannot be read, or not be sent. */
export function guideFacts(offer: Offer, address: string | undefined): GuideFacts | undefined {
  const incoming = bestOf(offer, 'imap') ?? bestOf(offer, 'pop3')
  const outgoing = bestOf(offer, 'smtp')
  if (incoming === undefined || outgoing === undefined) return undefined
  return {
    address: address ?? anyAddress,
    user: (label) => userField(label, address),
    host: offer.host,
    incoming,
    outgoing,
  }
}

/** The protocol as every program writes it. */
export function kindOf({ protocol }: Service): string {
  return protocol === 'imap' ? 'IMAP' : 'POP3'
}

/** How the connection is protected, as most programs write it. */
export function securityOf({ security }: Service): string {
  return security === 'tls' ? 'SSL/TLS' : 'STARTTLS'
}
