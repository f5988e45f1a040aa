import type { Cursor } from './cursor.ts'
import { list, word } from './words.ts'

/** What STATUS can be asked for (RFC 3501 §6.3.10; SIZE: RFC 8438; HIGHESTMODSEQ: RFC 7162 §3.1.7; MAILBOXID: RFC 8474 §4.3; DELETED, DELETED-STORAGE: RFC 9208 §4.1.4). */
export const statusItemNames = [
  'MESSAGES',
  'RECENT',
  'UIDNEXT',
  'UIDVALIDITY',
  'UNSEEN',
  'SIZE',
  'HIGHESTMODSEQ',
  'MAILBOXID',
  'DELETED',
  'DELETED-STORAGE',
] as const

/** One of STATUS's items. */
export type StatusItem = (typeof statusItemNames)[number]

/** What brings the items that RFC 3501 does not have. */
const extensions: ReadonlyMap<StatusItem, string> = new Map([
  ['SIZE', 'STATUS=SIZE'],
  ['HIGHESTMODSEQ', 'CONDSTORE'],
  ['MAILBOXID', 'OBJECTID'],
  ['DELETED', 'QUOTA'],
  ['DELETED-STORAGE', 'QUOTA'],
])

/** `"(" status-att *(SP status-att) ")"`. */
export function statusItems(c: Cursor): StatusItem[] {
  return [...new Set(list(c, statusItem))]
}

function statusItem(c: Cursor): StatusItem {
  const name = word(c)
  const known = statusItemNames.find((item) => item === name) ?? c.fail('no such STATUS item')
  const extension = extensions.get(known)
  if (extension !== undefined) c.needs(extension)
  return known
}
