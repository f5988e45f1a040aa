import assert from 'node:assert/strict'
import { computeFacts } from '@posthouse/message'
import { freshDatabase, type FreshDatabase } from '@posthouse/testkit'
import { Database, type DatabaseOptions } from '../database.ts'
import type { Delivery } from '../delivery.ts'
import { accountId, type AccountId, type MailboxId } from '../ids.ts'
import type { RegistryLimits } from '../mailbox-registry.ts'
import { MailboxStore } from '../mailbox-store.ts'
import { createDefaultMailboxes } from '../new-mailbox.ts'
import type { OpenMailbox } from '../open-mailbox.ts'
import { newUuid } from '../uuid-v7.ts'

/** A process's worth of store over a test's database. */
export interface Household {
  readonly database: Database
  readonly store: MailboxStore
}

/** A database of a test's own with as many stores over it as asked for, each with its own connections, as processes have. */
export interface MailboxHouse {
  readonly url: string
  readonly households: readonly Household[]
  readonly store: MailboxStore
  readonly database: Database
  newAccount(): Promise<AccountId>
  /** Runs the consistency check, closes everything and drops the database. */
  close(): Promise<void>
}

/** Opens one. To be closed in `after`. */
export async function openMailboxHouse(
  options: {
    readonly stores?: number
    readonly limits?: Partial<RegistryLimits>
    readonly fresh?: FreshDatabase
  } = {},
): Promise<MailboxHouse> {
  const fresh = options.fresh ?? (await freshDatabase())
  const households = Array.from({ length: options.stores ?? 1 }, () => {
    return openHousehold(fresh.url, options.limits)
  })
  const [first] = households
  assert.ok(first)
  return {
    url: fresh.url,
    households,
    ...first,
    newAccount: () => newAccount(first.database),
    close: async () => {
      try {
        assert.deepEqual(await first.store.check(), [])
      } finally {
        await Promise.all(households.map(closeHousehold))
        await fresh.drop()
      }
    },
  }
}

/** A store of its own over this database. */
export function openHousehold(
  url: string,
  limits?: Partial<RegistryLimits>,
  options: Partial<DatabaseOptions> = {},
): Household {
  const database = new Database({ url, app: 'test', ...options })
  return { database, store: new MailboxStore(database, undefined, limits) }
}

/** Closes it. */
export async function closeHousehold({ database, store }: Household): Promise<void> {
  await store.close()
  await database.close()
}

/** An account that has its mailboxes and nothing else. */
export async function newAccount(database: Database): Promise<AccountId> {
  const account = accountId(newUuid())
  await database.transact((tx) => createDefaultMailboxes(tx, account))
  return account
}

/** A short message whose octets depend on `name` alone. */
export function messageNamed(name: string, bodyBytes = 0): Buffer {
  return Buffer.from(
    `From: <sender@example.org>\r\nTo: <reader@example.test>\r\nSubject: ${name}\r\n` +
      `Message-ID: <${name}@example.org>\r\n\r\nThis is ${name}.\r\n${'0123456789abcdef'.repeat(bodyBytes / 16)}`,
  )
}

/** A delivery of these octets into one mailbox of one account. */
export function deliveryTo(
  account: AccountId,
  octets: Buffer,
  options: { readonly mailbox?: string; readonly flags?: readonly string[] } = {},
): Delivery {
  const { mailbox = 'INBOX', flags = [] } = options
  return {
    octets,
    facts: computeFacts(octets),
    receivedAt: new Date(Date.UTC(2025, 5, 1, 12)),
    queueId: '0'.repeat(26),
    recipients: [{ account, mailbox, prefix: Buffer.from('Return-Path: <>\r\n'), flags }],
  }
}

/** Opens a mailbox by name, which must exist. */
export async function openByName(
  store: MailboxStore,
  account: AccountId,
  name: string,
  readOnly = false,
): Promise<OpenMailbox> {
  const opened = await store.open(account, await idOf(store, account, name), { readOnly })
  assert.ok(opened, `${name} can not be opened`)
  return opened
}

/** The id of a mailbox that must exist. */
export async function idOf(
  store: MailboxStore,
  account: AccountId,
  name: string,
): Promise<MailboxId> {
  const found = await store.mailboxes(account).find(name)
  assert.ok(found, `${name} does not exist`)
  return found.id
}
