import type { Quota } from '@posthouse/store'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions, type CommonOptions } from '../command-options.ts'
import type { Item } from '../output/terminal.ts'
import { withStore } from '../with-store.ts'
import { findAccount } from './find-account.ts'
import { parseSize } from './parse-quantity.ts'

/** `posthouse quota show ADDRESS`. */
export async function showQuota(address: string, options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const account = await findAccount(store, address)
    const item = itemOf(account.address, await store.quotas.show(account.id))
    terminal.list('QuotaList', [item], Object.keys(item.fields))
  })
}

/** `posthouse quota set ADDRESS SIZE`. */
export async function setQuota(
  address: string,
  size: string,
  options: ChangeOptions & { readonly messages?: string | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  const bytes = limitOf(size, 'usage.size', 'write 500M, 5G or none')
  await withStore(options, async (store) => {
    const account = await findAccount(store, address)
    const kept = (await store.quotas.show(account.id)).messages.limit
    const { messages: wanted } = options
    const messages = wanted === undefined ? kept : limitOf(wanted, 'usage.count', 'write a number')
    if (options.dryRun === true) return terminal.talk(`Would limit ${account.address} to ${size}`)
    await store.quotas.set(account.id, { bytes, messages })
    terminal.object('Quota', itemOf(account.address, await store.quotas.show(account.id)))
    terminal.talk(`${account.address} may keep ${bytes === undefined ? 'what it likes' : size}.`)
    terminal.next(`posthouse quota show ${account.address}`)
  })
}

function limitOf(text: string, code: string, hint: string): number | undefined {
  if (text === 'none') return undefined
  const value = parseSize(text)
  if (value === undefined) throw new CliError('usage', code, `"${text}" is no limit`, hint)
  return value
}

function itemOf(address: string, { bytes, messages }: Quota): Item {
  return {
    id: address,
    fields: {
      address,
      bytes: bytes.used,
      bytesLimit: bytes.limit ?? null,
      messages: messages.used,
      messagesLimit: messages.limit ?? null,
    },
  }
}
