import { formatMailbox, formatNstring, formatString } from './format-strings.ts'
import { formatRange, type Interval } from './sequence-set.ts'
import type { StatusItem } from './status-items.ts'

const crlf = Buffer.from('\r\n')

function line(...parts: readonly (Buffer | string)[]): Buffer {
  const octets = parts.map((part) =>
    typeof part === 'string' ? Buffer.from(part, 'latin1') : part,
  )
  return Buffer.concat([...octets, crlf])
}

/** `* CAPABILITY …` (RFC 3501 §7.2.1). */
export function formatCapability(names: readonly string[]): Buffer {
  return line(`* CAPABILITY ${names.join(' ')}`)
}

/** `* ENABLED …`, also when nothing was (RFC 5161 §3.2). */
export function formatEnabled(names: readonly string[]): Buffer {
  return line(['* ENABLED', ...names].join(' '))
}

/** `* FLAGS (…)` (RFC 3501 §7.2.6). */
export function formatFlags(flags: readonly string[]): Buffer {
  return line(`* FLAGS (${flags.join(' ')})`)
}

/** `* n EXISTS` (RFC 3501 §7.3.1). */
export function formatExists(count: number): Buffer {
  return line(`* ${count} EXISTS`)
}

/** `* n RECENT` (RFC 3501 §7.3.2). */
export function formatRecent(count: number): Buffer {
  return line(`* ${count} RECENT`)
}

/**
 * `* VANISHED [(EARLIER)] uids` (RFC 7162 §3.2.10), in several responses where the set is so long
 * that a line would be (§4: about 8,192 octets). Nothing for no UIDs.
 */
export function formatVanished(uids: Iterable<Interval>, isEarlier: boolean): Buffer {
  const head = isEarlier ? '* VANISHED (EARLIER) ' : '* VANISHED '
  const lines: string[] = []
  let set = ''
  for (const { first, last } of uids) {
    set += `${set === '' ? '' : ','}${formatRange(first, last)}`
    if (set.length < vanishedCharacters) continue
    lines.push(`${head}${set}\r\n`)
    set = ''
  }
  if (set !== '') lines.push(`${head}${set}\r\n`)
  return Buffer.from(lines.join(''), 'latin1')
}

const vanishedCharacters = 8000

/** Data of an ESEARCH response (RFC 4731 §3.1): a name and its value, both ready to send. */
export type SearchDatum = readonly [name: string, value: string | number]

/** `ESEARCH (TAG "tag") [UID] name value …` (RFC 4466 §2.6.2) without its end: a long set and CRLF may follow. */
export function startEsearch(tag: string, byUid: boolean, data: readonly SearchDatum[]): Buffer {
  const uid = byUid ? ' UID' : ''
  const rest = data.map(([name, value]) => ` ${name} ${value}`).join('')
  return Buffer.from(`* ESEARCH (TAG "${tag}")${uid}${rest}`, 'latin1')
}

/** A line of LIST, LSUB or XLIST. */
export interface ListEntry {
  readonly name: string
  /** `\HasChildren`, `\Noselect`, `\Sent`, …: as they are sent. */
  readonly attributes: readonly string[]
  /** Null: a flat name. */
  readonly delimiter: string | null
  /** `("CHILDINFO" ("SUBSCRIBED" …))`, for RECURSIVEMATCH (RFC 5258 §3.5). */
  readonly childInfo?: readonly string[]
}

/** `* LIST (…) "/" name`, `* LSUB …` (RFC 3501 §7.2.2, §7.2.3) or `* XLIST …`. */
export function formatList(
  kind: 'LIST' | 'LSUB' | 'XLIST',
  entry: ListEntry,
  utf8 = false,
): Buffer {
  const head = `* ${kind} (${entry.attributes.join(' ')}) `
  const name = formatMailbox(entry.name, utf8)
  const info = entry.childInfo ?? []
  const tail = info.length === 0 ? '' : ` ("CHILDINFO" (${info.map((o) => `"${o}"`).join(' ')}))`
  return line(head, formatNstring(entry.delimiter), ' ', name, tail)
}

/** `* STATUS name (MESSAGES 3 …)` (RFC 3501 §7.2.4), items in the order given, their values ready to send. */
export function formatStatus(
  name: string,
  values: Iterable<readonly [StatusItem, number | string]>,
  utf8 = false,
): Buffer {
  const items = [...values].map(([item, value]) => `${item} ${value}`)
  return line('* STATUS ', formatMailbox(name, utf8), ` (${items.join(' ')})`)
}

/** A namespace: prefix and hierarchy delimiter (RFC 2342 §5). */
export interface Namespace {
  readonly prefix: string
  readonly delimiter: string
}

/** `* NAMESPACE personal others shared`, NIL for none (RFC 2342 §5). */
export function formatNamespace(
  personal: readonly Namespace[],
  others: readonly Namespace[] = [],
  shared: readonly Namespace[] = [],
): Buffer {
  const lists = [personal, others, shared].map(formatNamespaces)
  return line(`* NAMESPACE ${lists.join(' ')}`)
}

function formatNamespaces(spaces: readonly Namespace[]): string {
  if (spaces.length === 0) return 'NIL'
  const entries = spaces.map(({ prefix, delimiter }) => {
    return `(${formatString(prefix).toString('latin1')} ${formatString(delimiter).toString('latin1')})`
  })
  return `(${entries.join('')})`
}

/** `* ID ("name" "Posthouse" …)`, or `* ID NIL` (RFC 2971 §3.2). */
export function formatId(fields: Iterable<readonly [string, string | null]>): Buffer {
  const parts: Buffer[] = []
  for (const [name, value] of fields) parts.push(formatString(name), formatNstring(value))
  if (parts.length === 0) return line('* ID NIL')
  return line('* ID (', ...parts.flatMap((part, at) => (at === 0 ? [part] : [' ', part])), ')')
}
