import { keyRecordName, keyRecordText, splitRecordText } from '@posthouse/mail-auth'
import type { DkimKey, Store } from '@posthouse/store'
import { CliError } from '../cli-error.ts'
import { kind, type ItemOf } from '../output/kind.ts'
import { dateTime, optional, orNull, string } from '../output/shape.ts'
import type { Terminal } from '../output/terminal.ts'
import { foreignDomain } from './foreign-domain.ts'

/** A key; what DNS says where it was asked. */
export const dkimKeyKind = kind('DkimKey', 'a key that mail is signed with', {
  domain: string,
  selector: string,
  algorithm: string,
  state: string,
  created: dateTime,
  activated: orNull(dateTime),
  retireAt: orNull(dateTime),
  retired: orNull(dateTime),
  checked: orNull(dateTime),
  finding: orNull(string),
  now: string,
  name: string,
  record: string,
  split: string,
  dns: optional(string),
  dnsSays: optional(string),
})

/** A key as commands print it. */
export function keyItem(key: DkimKey): ItemOf<typeof dkimKeyKind> {
  const { domain, selector, algorithm, state, createdAt } = key
  return {
    id: `${domain}/${selector}`,
    fields: {
      domain,
      selector,
      algorithm,
      state,
      created: createdAt.toISOString(),
      activated: key.activatedAt?.toISOString() ?? null,
      retireAt: key.retireAt?.toISOString() ?? null,
      retired: key.retiredAt?.toISOString() ?? null,
      checked: key.checkedAt?.toISOString() ?? null,
      finding: key.finding ?? null,
      now: wordsOf(key),
      name: keyRecordName(key),
      record: keyRecordText(key),
      split: splitRecordText(keyRecordText(key)),
    },
  }
}

/** What a key does, and what is to be done about it. */
function wordsOf({ state, finding, retireAt, checkedAt }: DkimKey): string {
  if (state === 'active') return finding === undefined ? 'signs' : `signs in vain: ${finding}`
  if (state === 'retiring') {
    return `its record may go after ${retireAt?.toISOString().slice(0, 10) ?? 'a while'}`
  }
  if (state === 'retired') return 'its record may go'
  if (checkedAt === undefined) return 'signs once its record is in DNS'
  return `signs once its record is in DNS: ${finding ?? 'looked for just now'}`
}

/** Prints the record to be published, whole and split: some forms and zone files want the one, some the other. */
export function tellRecord(terminal: Terminal, key: DkimKey): void {
  if (!terminal.isTalking) return
  const text = keyRecordText(key)
  terminal.data(`\n; ${key.algorithm}, for a zone file`)
  terminal.data(`${keyRecordName(key)}. TXT ${splitRecordText(text)}`)
  terminal.data('; the same in one piece, for forms that want it so')
  terminal.data(text)
}

/** The keys of a hosted domain, oldest first. */
export async function keysOfDomain(store: Store, domain: string): Promise<readonly DkimKey[]> {
  if ((await store.domains.show(domain)) === undefined) throw foreignDomain(domain)
  return store.dkimKeys.list(domain)
}

/** One key, by its selector. */
export async function findKey(store: Store, domain: string, selector: string): Promise<DkimKey> {
  const keys = await keysOfDomain(store, domain)
  const key = keys.find((each) => each.selector === selector.toLowerCase())
  if (key !== undefined) return key
  const message = `${domain} has no key "${selector}"`
  throw new CliError('notFound', 'dkim.not_found', message, `posthouse dkim list ${domain}`)
}
