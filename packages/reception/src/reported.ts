import type { RcptCommand } from '@posthouse/smtp'
import type { Accepted } from './accepted.ts'
import { isExpanded } from './outbound.ts'
import type { Reported } from './reports.ts'

/** What became of the copies for accounts here, where it is not that they were delivered. */
export interface Undelivered {
  /** Accounts that were removed before the commit. */
  readonly gone: ReadonlySet<string>
  /** Accounts whose copy is kept aside: neither delivered nor refused, so that nothing is said of it. */
  readonly aside: ReadonlySet<string>
}

/** What the sender is to be told of recipients here, after the commit. */
export function reportedOf(accepted: Accepted, undelivered: Undelivered): readonly Reported[] {
  return [...expanded(accepted), ...delivered(accepted, undelivered)]
}

/** SUCCESS asked for an alias of several addresses: it was expanded (RFC 3461 §5.2.7.3). */
function expanded({ envelope }: Accepted): readonly Reported[] {
  return envelope.recipients
    .filter(({ rcpt, target }) => isExpanded(target) && rcpt.notify?.includes('success') === true)
    .map(({ rcpt }) => ({
      ...addressesOf(rcpt),
      action: 'expanded',
      status: '2.0.0',
      explanation: 'This address leads to several others; the message was passed on to them.',
    }))
}

/** SUCCESS asked for a mailbox here; and accounts that were removed between RCPT and the commit (RFC 3461 §5.2.3, §5.2.6). */
function delivered(accepted: Accepted, { gone, aside }: Undelivered): readonly Reported[] {
  return accepted.envelope.recipients.flatMap(({ rcpt, target }): readonly Reported[] => {
    const [only] = target.local
    if (only === undefined || isExpanded(target) || aside.has(only.account)) return []
    const wishes = rcpt.notify ?? ['failure', 'delay']
    const isGone = gone.has(only.account)
    if (!wishes.includes(isGone ? 'failure' : 'success')) return []
    const explanation = isGone
      ? 'The mailbox was removed while the message came in.'
      : 'The message was delivered to the mailbox.'
    const outcome = isGone
      ? ({ action: 'failed', status: '5.1.1' } as const)
      : ({ action: 'delivered', status: '2.0.0' } as const)
    return [{ ...addressesOf(rcpt), ...outcome, explanation }]
  })
}

function addressesOf(rcpt: RcptCommand): Pick<Reported, 'address' | 'originalRecipient'> {
  const { recipient, originalRecipient } = rcpt
  return {
    address: recipient.address,
    ...(originalRecipient === undefined ? {} : { originalRecipient }),
  }
}
