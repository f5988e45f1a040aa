import {
  failureReply,
  receive,
  route,
  type Destination,
  type Reception,
} from '@posthouse/reception'
import { describeReply, replies, type SmtpHandlers } from '@posthouse/smtp'
import { newUuid, uuidToBase32, type Store } from '@posthouse/store'
import { StoreHealth } from './store-health.ts'

/** Nobody signs in on the MX. */
type Nobody = never

/** What the MX decides: mail for hosted domains only, committed before it is acknowledged. */
export function mxHandlers(
  reception: Reception & { readonly store: Store },
): SmtpHandlers<Nobody, Destination> {
  const { store, log } = reception
  const health = new StoreHealth(store)
  return {
    async onConnect() {
      return (await health.isAway()) ? replies.greetingUnavailable : undefined
    },
    async onRcpt({ recipient }, { mail }, session) {
      const routed = await route(store, recipient, { relays: false, returns: true })
      if (!routed.ok) {
        log.info('smtp.rcpt.refused', {
          session: session.id,
          remote: session.remoteAddress,
          sender: mail.sender.address,
          recipient: recipient.address,
          reply: describeReply(routed.reply),
        })
      }
      return routed
    },
    onMessage: (octets, envelope, session) =>
      receive(reception, {
        octets,
        envelope,
        session,
        account: null,
        client: 'shown',
        receivedAt: new Date(),
        queueId: uuidToBase32(newUuid()),
      }),
    onError: (error, where) => failureReply(error, where, log),
  }
}
