import { failureReply, route, type Destination, type Reception } from '@posthouse/reception'
import { describeReply, replies, type Routed, type SmtpHandlers } from '@posthouse/smtp'
import type { Store } from '@posthouse/store'
import { SendingWatch } from './sending-watch.ts'
import type { User } from './sign-in.ts'
import { submit } from './submit.ts'

/** What submission decides (RFC 6409): our users' mail, under their own addresses, to anywhere. */
export function submissionHandlers(
  reception: Reception & { readonly store: Store },
): SmtpHandlers<User, Destination> {
  const { store, log } = reception
  const watch = new SendingWatch(reception)
  return {
    async onMail({ sender }, session) {
      const { user } = session
      if (user === undefined) return replies.authRequired
      if (user.out.aborted) return replies.signInAgain
      // Before the whole message is sent in vain; what counts is asked after it.
      if (await store.sending.isContained(user.account.id)) return replies.contained
      // The null sender is for receipts (RFC 8098 §3); From is checked all the same.
      if (sender.address === '') return undefined
      const isOwn = await store.sending.mayWriteAs(user.account.id, [sender.address])
      if (!isOwn) {
        const { address } = user.account
        log.info('smtp.sender.foreign', {
          session: session.id,
          account: address,
          sender: sender.address,
        })
      }
      return isOwn ? undefined : replies.foreignSender
    },
    async onRcpt({ recipient }, { mail }, session) {
      const found = await route(store, recipient, { relays: true })
      const isHeld = mail.releaseAt !== undefined
      const routed = isHeld ? throughQueue(found, recipient.address) : found
      if (!routed.ok) {
        log.info('smtp.rcpt.refused', {
          session: session.id,
          account: session.user?.account.address,
          recipient: recipient.address,
          reply: describeReply(routed.reply),
        })
      }
      return routed
    },
    onMessage: (octets, envelope, session) =>
      submit({ ...reception, watch }, octets, envelope, session),
    onError: (error, where) => failureReply(error, where, log),
  }
}

/** Held mail waits in the queue for everybody, people here among them: delivery brings it to them when its time has come. */
function throughQueue(found: Routed<Destination>, address: string): Routed<Destination> {
  return found.ok
    ? { ok: true, target: { local: [], remote: [{ address }], isAlias: false } }
    : found
}
