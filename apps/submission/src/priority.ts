import { lettersRecipients } from './limits.ts'
import type { StrictHeader } from './strict-header.ts'

/** Fields that say a message is one of many (RFC 2369, RFC 2919, RFC 8058). */
const bulkFields: ReadonlySet<string> = new Set([
  'list-id',
  'list-unsubscribe',
  'list-post',
  'feedback-id',
])

/** Letters before circulars: -1 for what goes to many or says that it does, else 0. */
export function priorityOf({ fields }: StrictHeader, recipients: number): number {
  const isBulk = fields.some(({ name, value }) => {
    if (bulkFields.has(name)) return true
    // QUIRK: never standardised, and what RFC 3834 §2 knows of it: bulk, junk, list.
    return name === 'precedence' && /^\s*(?:bulk|junk|list)\s*$/i.test(value.toString('latin1'))
  })
  return isBulk || recipients > lettersRecipients ? -1 : 0
}
