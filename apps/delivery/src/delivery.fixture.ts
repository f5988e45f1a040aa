import { setTimeout as sleep } from 'node:timers/promises'
import type { Running } from '@posthouse/app'
import { type Resolver, Zone, zoneResolver } from '@posthouse/dns'
import { computeFacts } from '@posthouse/message'
import {
  newUuid,
  type QueueItem,
  type QueueSubmission,
  type Store,
  uuidToBase32,
} from '@posthouse/store'
import { silentLog } from '@posthouse/telemetry'
import { startSuite, type Suite } from '@posthouse/testkit'
import { deliveryApp } from './delivery.ts'
import type { DeliveryLimits } from './limits.ts'

/** Waits for a condition: generously, because machines are slow, and without guessing how long. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const end = Date.now() + 30_000
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (Date.now() > end) throw new Error(`waited in vain for: ${what}`)
    await sleep(20)
  }
}

/** Where the domains of these tests lead; `there.test` and most others to the sink on 127.0.0.1. */
export function testResolver(records = ''): Resolver {
  return zoneResolver(
    new Zone(`
      there.test MX 10 mx.there.test
      mx.there.test A 127.0.0.1
      other.test A 127.0.0.1
      null.test MX 0 .
      away.test A 127.0.0.5
      ${records}
    `),
  )
}

/** Waits that suit tests. */
export const quick: Partial<DeliveryLimits> = { pollMs: 200, idleMs: 200, deadMs: 0 }

/** A suite whose only app is the delivery worker. */
export async function startDelivery(
  mxPort: number,
  limits: Partial<DeliveryLimits> = {},
  records = '',
): Promise<Suite> {
  return await startSuite({
    apps: [deliveryApp({ ...quick, ...limits })],
    resolver: testResolver(records),
    delivery: { mxPort },
  })
}

/** A worker of its own on the suite's store, which a test can drain. */
export async function startWorker(
  suite: Suite,
  limits: Partial<DeliveryLimits> = {},
): Promise<Running> {
  const { config, store, tls } = suite
  const services = { config, store, tls, log: silentLog, resolver: testResolver() }
  return await deliveryApp({ ...quick, ...limits }).start(services)
}

/** What most tests send. */
export const body =
  'From: ada@example.test\r\nTo: bob@there.test\r\nSubject: hi\r\n\r\n.dot\r\nline\r\n'

/** Puts a message into the queue as submission does. */
export async function enqueue(
  store: Store,
  addresses: readonly string[],
  more: Partial<QueueSubmission> = {},
  octets: Buffer = Buffer.from(body),
): Promise<string> {
  const queueId = uuidToBase32(newUuid())
  await store.deliver({
    octets,
    facts: computeFacts(octets),
    receivedAt: new Date(),
    queueId,
    recipients: [],
    outbound: {
      account: null,
      sender: 'ada@example.test',
      prefix: Buffer.from('Received: by test\r\n'),
      recipients: addresses.map((address) => ({ address })),
      isEightBit: false,
      needsSmtpUtf8: false,
      ...more,
    },
  })
  return queueId
}

/** The recipients of a message, once `holds` is true of them all. */
export async function settled(
  store: Store,
  queueId: string,
  holds: (item: QueueItem) => boolean,
): Promise<readonly QueueItem[]> {
  return await eventually('the recipients of a message', async () => {
    const items = await store.queue.show(queueId)
    return items.length > 0 && items.every(holds) ? items : undefined
  })
}

/** All messages in an account's INBOX, as octets. */
export async function inbox(suite: Suite, address: string): Promise<readonly string[]> {
  const account = await suite.store.accounts.show(address)
  if (account === undefined) throw new Error(`no account ${address}`)
  const mailbox = await suite.store.mailboxes(account.id).find('INBOX')
  if (mailbox === undefined) throw new Error('no INBOX')
  const opened = await suite.store.open(account.id, mailbox.id, { readOnly: true })
  if (opened === undefined) throw new Error('INBOX does not open')
  try {
    await opened.refresh()
    const messages: string[] = []
    for (let at = 0; at < opened.state.size; at += 1) {
      messages.push((await opened.octets(opened.state.uidAt(at)))?.toString() ?? '')
    }
    return messages
  } finally {
    opened.close()
  }
}
