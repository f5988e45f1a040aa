import type { Quota, QuotaLimits, Store } from '@posthouse/store'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions, type CommonOptions } from '../command-options.ts'
import { kind } from '../output/kind.ts'
import { integer, orNull, string } from '../output/shape.ts'
import { withStore } from '../with-store.ts'
import { isAnAlias } from './domain-item.ts'
import { findAccount } from './find-account.ts'
import { foreignDomain } from './foreign-domain.ts'
import { parseSize } from './parse-quantity.ts'

/** Usage and limits. */
const quotaKind = kind('Quota', 'what an account, or a domain, keeps and may keep', {
  name: string,
  bytes: integer,
  bytesLimit: orNull(integer),
  messages: integer,
  messagesLimit: orNull(integer),
})

/** What has limits: an account, or all accounts of a domain together. */
interface Holder {
  readonly name: string
  show(): Promise<Quota>
  set(limits: QuotaLimits): Promise<void>
}

/** `posthouse quota show ADDRESS|DOMAIN`. */
export async function showQuota(name: string, options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const holder = await findHolder(store, name)
    const item = itemOf(holder.name, await holder.show())
    terminal.list(quotaKind, [item], ['name', 'bytes', 'bytesLimit', 'messages', 'messagesLimit'])
    const { bytes, bytesLimit, messages, messagesLimit } = item.fields
    const isFull = bytes >= (bytesLimit ?? Infinity) || messages >= (messagesLimit ?? Infinity)
    if (!isFull) return
    terminal.talk(`${holder.name} is full: mail for it is put off (452 4.2.2).`)
    terminal.next(`posthouse quota set ${holder.name} SIZE`)
  })
}

/** `posthouse quota set ADDRESS|DOMAIN SIZE`. */
export async function setQuota(
  name: string,
  size: string,
  options: ChangeOptions & { readonly messages?: string | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  const bytes = limitOf(size, 'usage.size', 'write 500M, 5G or none')
  await withStore(options, async (store) => {
    const holder = await findHolder(store, name)
    const kept = (await holder.show()).messages.limit
    const { messages: wanted } = options
    const messages = wanted === undefined ? kept : limitOf(wanted, 'usage.count', 'write a number')
    if (options.dryRun === true) return terminal.talk(`Would limit ${holder.name} to ${size}`)
    await holder.set({ bytes, messages })
    terminal.object(quotaKind, itemOf(holder.name, await holder.show()))
    terminal.talk(`${holder.name} may keep ${bytes === undefined ? 'what it likes' : size}.`)
    terminal.next(`posthouse quota show ${holder.name}`)
  })
}

async function findHolder(store: Store, name: string): Promise<Holder> {
  const { quotas } = store
  if (name.includes('@')) {
    const { address, id } = await findAccount(store, name)
    return {
      name: address,
      show: () => quotas.show(id),
      set: (limits) => quotas.set(id, limits),
    }
  }
  const domain = await store.domains.show(name)
  if (domain === undefined) throw foreignDomain(name)
  if (domain.aliasOf !== undefined) throw isAnAlias(domain)
  const nothing = { used: 0, limit: undefined }
  return {
    name: domain.name,
    show: async () =>
      (await quotas.showDomain(domain.name)) ?? { bytes: nothing, messages: nothing },
    set: async (limits) => void (await quotas.setDomain(domain.name, limits)),
  }
}

function limitOf(text: string, code: string, hint: string): number | undefined {
  if (text === 'none') return undefined
  const value = parseSize(text)
  if (value === undefined) throw new CliError('usage', code, `"${text}" is no limit`, hint)
  return value
}

function itemOf(name: string, { bytes, messages }: Quota) {
  return {
    id: name,
    fields: {
      name,
      bytes: bytes.used,
      bytesLimit: bytes.limit ?? null,
      messages: messages.used,
      messagesLimit: messages.limit ?? null,
    },
  }
}
