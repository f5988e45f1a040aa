import assert from 'node:assert/strict'
import { computeFacts } from '@posthouse/message'
import type { Delivery } from '../delivery.ts'
import type { AttemptOutcome, Claim, OutcomeReport } from '../queue.ts'
import { newUuid, uuidToBase32 } from '../uuid-v7.ts'
import { openStoreHouse, outboundDelivery, type StoreHouse } from './store-house.ts'

/** Who sends in these tests. */
export const sender = 'ada@example.test'
/** What a host says that takes everything. */
export const reply = { host: 'mx.remote.test', code: 250, enhanced: '2.0.0', text: 'OK queued' }

/** A store house with what tests of the queue do again and again. */
export interface QueueHouse extends StoreHouse {
  /** Queues a message; gives its id. */
  submit(recipients: readonly string[], text?: string): Promise<string>
  /** Claims everything that is due for these destinations and gives the rest back at once. */
  claimOnly(domains: readonly string[], leaseSeconds?: number): Promise<Claim>
  /** The states of a message's recipients. */
  states(queueId: string): Promise<readonly string[]>
  /** Messages in an account's INBOX. */
  inbox(address: string): Promise<number>
}

/** Opens one. To be closed in `after`. */
export async function openQueueHouse(): Promise<QueueHouse> {
  const house = await openStoreHouse()
  const { store } = house
  return {
    ...house,
    async submit(recipients, text) {
      const delivery = outboundDelivery(sender, recipients, text)
      await store.deliver(delivery)
      return delivery.queueId
    },
    async claimOnly(domains, leaseSeconds = 600) {
      const request = { worker: 'w', destinations: 100, perDestination: 1_000, leaseSeconds }
      const claim = await store.queue.claim(request)
      const others = claim.messages.filter(({ destination }) => !domains.includes(destination))
      const items = others.flatMap(({ queueId, recipients }) =>
        recipients.map(({ n }) => ({ queueId, n })),
      )
      if (items.length > 0) await store.queue.release(claim.token, items)
      return { ...claim, messages: claim.messages.filter((one) => !others.includes(one)) }
    },
    states: async (queueId) => (await store.queue.show(queueId)).map(({ state }) => state),
    async inbox(address) {
      const account = await store.accounts.show(address)
      assert.ok(account)
      const mailboxes = store.mailboxes(account.id)
      const found = await mailboxes.find('INBOX')
      assert.ok(found)
      return (await mailboxes.status([found.id])).get(found.id)?.messages ?? -1
    },
  }
}

/** One outcome for all of a claim. */
export function outcomes(
  claim: Claim,
  kind: AttemptOutcome['kind'],
  retryInSeconds = 300,
): AttemptOutcome[] {
  return claim.messages.flatMap(({ queueId, recipients }) =>
    recipients.map(({ n }) => ({ queueId, n, kind, reply, retryInSeconds })),
  )
}

/** A report for people here. */
export function report(
  about: OutcomeReport['about'],
  to: Delivery['recipients'],
  kind: OutcomeReport['kind'] = 'failure',
): OutcomeReport {
  const octets = Buffer.from('Subject: Not delivered\r\n\r\nSorry.\r\n')
  const delivery = {
    octets,
    facts: computeFacts(octets),
    receivedAt: new Date(),
    queueId: uuidToBase32(newUuid()),
    recipients: to,
  }
  return { about, kind, delivery }
}
