import { type AddressEntry, parseAddressEntries } from './address-list.ts'
import { unfold } from './header-fields.ts'
import { MAX_ADDRESS_FIELD_BYTES } from './limits.ts'
import { guessOctetString } from './unicode.ts'
import { decodeWords } from './words.ts'

/** A mailbox of an address field, readable: name and address are Unicode. */
export interface Mailbox {
  /** Display name, decoded; undefined where there is none. */
  readonly name: string | undefined
  /** `local@domain`, quoting of the local part removed; domain as written. */
  readonly address: string
  readonly local: string
  readonly domain: string
}

/**
 * The mailboxes of an address field, members of groups included, as far as they can be made out
 * (RFC 5322 §3.4, leniently). Elements without an address are left out. `raw` may be folded; a
 * string is Unicode text.
 */
export function parseAddressList(raw: Buffer | string): Mailbox[] {
  const octets = typeof raw === 'string' ? Buffer.from(raw) : raw
  const entries = parseAddressEntries(unfold(octets.subarray(0, MAX_ADDRESS_FIELD_BYTES)))
  return entries.flatMap((entry) => {
    const mailbox = readable(entry)
    return mailbox === undefined ? [] : [mailbox]
  })
}

function readable(entry: AddressEntry): Mailbox | undefined {
  if (entry.kind !== 'mailbox' || entry.local === undefined || entry.domain === undefined) {
    return undefined
  }
  const local = guessOctetString(entry.local)
  const domain = guessOctetString(entry.domain)
  const name = entry.name === undefined ? undefined : decodeWords(entry.name)
  return { name, address: `${local}@${domain}`, local, domain }
}

/** One line for searching: `name <local@domain>, group: …`, decoded. */
export function readableAddresses(entries: readonly AddressEntry[]): string {
  return entries
    .map((entry) => {
      if (entry.kind === 'group-end') return ';'
      if (entry.kind === 'group') return `${decodeWords(entry.name)}:`
      const address = guessOctetString([entry.local ?? '', entry.domain ?? ''].join('@'))
      return entry.name === undefined ? `<${address}>` : `${decodeWords(entry.name)} <${address}>`
    })
    .join(', ')
}
