import type { MessageFacts } from '@posthouse/message'
import {
  newUuid,
  uuidToBase32,
  type AccountId,
  type Delivery,
  type DueAutoreply,
  type LocalDestination,
  type Store,
} from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import type { Accepted } from '../accepted.ts'
import type { Inspection } from '../inspection/inspector.ts'
import { autoreplies } from '../metrics.ts'
import { ownDelivery } from '../own-mail.ts'
import type { Undelivered } from '../reported.ts'
import { isAnswerable, isAnswerableSender, keyOf } from './answerable.ts'
import { autoreplyOctets } from './autoreply-message.ts'

/** What answering needs. */
export interface AutoreplyServices {
  readonly store: Pick<Store, 'autoreplies' | 'resolve'>
  readonly hostname: string
  readonly log: Log
}

/** An account that the message reached, and the addresses it was reached by. */
interface Reader {
  readonly account: LocalDestination
  readonly asked: string
}

/**
 * Answers for accounts whose owners are away, after the message is committed: whether an answer can be written changes nothing
 * for the message. A crash in between costs an answer, and never makes two.
 */
export async function autoreply(
  services: AutoreplyServices,
  accepted: Accepted,
  facts: MessageFacts,
  inspection: Inspection,
  undelivered: Undelivered,
): Promise<void> {
  const sender = accepted.envelope.mail.sender.address
  if (!isAnswerableSender(sender) || !isTrusted(accepted, inspection)) return
  for (const reader of readersOf(accepted, inspection, undelivered)) {
    try {
      const reply = await services.store.autoreplies.due(reader.account.account, sender)
      if (reply !== undefined) await answer(services, accepted, facts, reader, reply)
    } catch (error) {
      services.log.error('smtp.autoreply.lost', {
        queueId: accepted.queueId,
        because: String(error),
      })
    }
  }
}

async function answer(
  { store, hostname, log }: AutoreplyServices,
  accepted: Accepted,
  facts: MessageFacts,
  { account, asked }: Reader,
  reply: DueAutoreply,
): Promise<void> {
  const { octets, envelope } = accepted
  const to = envelope.mail.sender.address
  const { address } = account
  if (keyOf(to) === keyOf(address)) return
  if (!isAnswerable(octets, facts.headerSize, [address, asked])) return
  const queueId = uuidToBase32(newUuid())
  const date = new Date()
  const messageId = `<${queueId.toLowerCase()}@${hostname}>`
  const original = { octets, facts }
  const delivery = await ownDelivery(store, hostname, {
    account: account.account,
    authorDomain: address.slice(address.lastIndexOf('@') + 1),
    origin: 'autoreply',
    to,
    octets: autoreplyOctets({ reply, from: address, to, messageId, date, original }),
    queueId,
    about: accepted.queueId,
    requiresTls: envelope.mail.requiresTls ?? false,
  })
  if (delivery === undefined || isTo(delivery, account.account)) return
  const isFirst = await store.autoreplies.answer(account.account, to, delivery)
  if (!isFirst) return
  log.info('smtp.autoreply.sent', { queueId, of: accepted.queueId, account: address, to })
  autoreplies.add({})
}

/** Nobody answers himself, by whichever of his addresses he wrote (RFC 3834 §2). */
function isTo({ recipients, outbound }: Delivery, account: AccountId): boolean {
  return outbound === undefined && recipients.every((one) => one.account === account)
}

/** Spam is not answered, nor what somebody else sent in this sender's name: the answer would go to him. */
function isTrusted({ account }: Accepted, { verdict, isForged }: Inspection): boolean {
  if (verdict.action !== 'deliver' && verdict.action !== 'tag') return false
  if (account !== null) return true
  return !isForged
}

/** Accounts that got it into their INBOX, and those that it went past on to other addresses; each once. */
function readersOf(
  { envelope }: Accepted,
  { placing }: Inspection,
  { gone, aside }: Undelivered,
): readonly Reader[] {
  const readers = new Map<string, Reader>()
  for (const { rcpt, target } of envelope.recipients) {
    // Who gets what nobody has is not away at an address that a stranger made up (RFC 5230 §4.5).
    if (target.isReturn === true || target.isCatchAll === true) continue
    const asked = rcpt.recipient.address
    for (const account of [...target.local, ...(target.fallback ?? [])]) {
      const id = account.account
      if (gone.has(id) || aside.has(id) || readers.has(id)) continue
      if (placing.mailboxFor(id, asked) === 'INBOX') readers.set(id, { account, asked })
    }
  }
  return [...readers.values()]
}
