import {
  end,
  formatQuota,
  formatQuotaRoot,
  mailbox,
  space,
  textAstring,
  type QuotaResource,
} from '@posthouse/imap-wire'
import type { Quota } from '@posthouse/store'
import { command } from '../session/command.ts'
import { ok } from '../session/completion.ts'
import { refusal } from '../session/refusals.ts'

/** The one quota root: everything an account has counts together. */
const root = 'account'

/** What is limited. STORAGE counts in units of 1,024 octets: begun ones used, whole ones allowed (RFC 9208 §5.1). */
function resourcesOf({ bytes, messages }: Quota): QuotaResource[] {
  const resources: QuotaResource[] = []
  if (bytes.limit !== undefined) {
    const used = Math.ceil(bytes.used / 1024)
    resources.push({ name: 'STORAGE', used, limit: Math.floor(bytes.limit / 1024) })
  }
  if (messages.limit !== undefined) {
    resources.push({ name: 'MESSAGE', used: messages.used, limit: messages.limit })
  }
  return resources
}

/** GETQUOTA. RFC 9208 §4.1.1. Where nothing is limited there is no quota root. */
export const getQuota = command({
  names: ['GETQUOTA'],
  state: 'member',
  capabilities: ['QUOTA', 'QUOTA=RES-STORAGE', 'QUOTA=RES-MESSAGE'],
  extension: () => 'QUOTA',
  parse(c) {
    space(c)
    const name = textAstring(c)
    end(c)
    return name
  },
  async *execute(name, { account, store }) {
    const resources = name === root ? resourcesOf(await store.quotas.show(account.id)) : []
    if (resources.length === 0) return refusal.noSuchQuotaRoot
    yield formatQuota(root, resources)
    return ok('Done')
  },
})

/** GETQUOTAROOT. RFC 9208 §4.1.2: the mailbox need not exist, it may be about to be created. */
export const getQuotaRoot = command({
  names: ['GETQUOTAROOT'],
  state: 'member',
  extension: () => 'QUOTA',
  parse(c) {
    space(c)
    const name = mailbox(c)
    end(c)
    return name
  },
  async *execute(name, { account, store, enabled }) {
    const resources = resourcesOf(await store.quotas.show(account.id))
    const isLimited = resources.length > 0
    yield formatQuotaRoot(name, isLimited ? [root] : [], enabled.has('UTF8=ACCEPT'))
    if (isLimited) yield formatQuota(root, resources)
    return ok('Done')
  },
})
