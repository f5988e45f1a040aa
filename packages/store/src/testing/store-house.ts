import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Secret } from '@posthouse/config'
import { computeFacts } from '@posthouse/message'
import { freshDatabase } from '@posthouse/testkit'
import type { Account } from '../accounts.ts'
import type { Actor } from '../audit.ts'
import { Database, type DatabaseOptions } from '../database.ts'
import type { Delivery } from '../delivery.ts'
import { openStore, type OpenStoreOptions } from '../open-store.ts'
import type { QueueRecipientRequest, QueueSubmission } from '../queue-submission.ts'
import type { Store } from '../store.ts'
import { newUuid, uuidToBase32 } from '../uuid-v7.ts'

/** A store over a database of a test's own, and the database itself to look behind it. */
export interface StoreHouse {
  readonly url: string
  /** Where the key of its secrets is, once there are some. */
  readonly secretKeyFile: string
  readonly store: Store
  readonly database: Database
  /** Another process's store over the same database. */
  another(options?: Partial<OpenStoreOptions>): Promise<Store>
  /** Makes an account, and its domain where it is missing. Password: `analytical`. */
  account(address: string): Promise<Account>
  /** Runs the consistency check, closes everything and drops the database. */
  close(): Promise<void>
}

/** Who changes things in tests. */
export const actor: Actor = { via: 'test', user: 'ada' }

/** Opens one. To be closed in `after`. */
export async function openStoreHouse(options: Partial<DatabaseOptions> = {}): Promise<StoreHouse> {
  const fresh = await freshDatabase()
  const database = new Database({ url: fresh.url, app: 'test', ...options })
  const stores: Store[] = []
  const secretKeyFile = path.join(tmpdir(), `secret-key-${randomUUID()}`)
  const another = async (more: Partial<OpenStoreOptions> = {}): Promise<Store> => {
    const usual = { database: fresh.url, app: 'test', unsafe: true, secretKeyFile }
    const opened = await openStore({ ...usual, ...more })
    stores.push(opened)
    return opened
  }
  const store = await another()
  return {
    url: fresh.url,
    secretKeyFile,
    store,
    database,
    another,
    account: (address) => newAccount(store, address),
    close: async () => {
      try {
        assert.deepEqual(await store.check(), [])
      } finally {
        await Promise.all([...stores.map((each) => each.close()), database.close()])
        await Promise.all([fresh.drop(), rm(secretKeyFile, { force: true })])
      }
    },
  }
}

async function newAccount(store: Store, address: string): Promise<Account> {
  await store.domains.create(address.slice(address.lastIndexOf('@') + 1), actor)
  const password = new Secret('analytical')
  const made = await store.accounts.create({ address, password }, actor)
  assert.ok(made.ok)
  return made.account
}

/** A delivery for foreign recipients only. */
export function outboundDelivery(
  sender: string,
  recipients: readonly (string | QueueRecipientRequest)[],
  text = 'Hello there.',
  details: Partial<QueueSubmission> = {},
): Delivery {
  const octets = Buffer.from(`Subject: test\r\n\r\n${text}\r\n`)
  return {
    octets,
    facts: computeFacts(octets),
    receivedAt: new Date(),
    queueId: uuidToBase32(newUuid()),
    recipients: [],
    outbound: {
      account: null,
      sender,
      prefix: Buffer.from('Received: here\r\n'),
      recipients: recipients.map((one) => (typeof one === 'string' ? { address: one } : one)),
      isEightBit: false,
      needsSmtpUtf8: false,
      ...details,
    },
  }
}
