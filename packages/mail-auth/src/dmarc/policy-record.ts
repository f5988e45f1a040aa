/** What an owner asks for (RFC 9989 §4.7). */
export type Policy = 'none' | 'quarantine' | 'reject'

/** A DMARC Policy Record, its defaults filled in. */
export interface PolicyRecord {
  /** Undefined: no processing (RFC 9989 §4.10.1). */
  readonly p: Policy | undefined
  readonly sp: Policy | undefined
  readonly np: Policy | undefined
  readonly adkim: 'r' | 's'
  readonly aspf: 'r' | 's'
  readonly psd: 'y' | 'n' | 'u'
  readonly isTesting: boolean
}

/** `dmarc-version`: `v` first, in any case as ABNF has it, its value exact (RFC 9989 §4.7, §4.8). */
const version = /^[vV][ \t]*=[ \t]*DMARC1[ \t]*(?:;|$)/
const policies: readonly Policy[] = ['none', 'quarantine', 'reject']

/** True for a TXT record that is a DMARC Policy Record of this version, whatever else it holds. */
export function isPolicyRecord(text: string): boolean {
  return version.test(text.trim())
}

/**
 * Reads a policy record. Tags that are unknown or ill-formed are passed over for their defaults (RFC 9989 §4.8). DMARC takes
 * the tag-lists of DKIM, in which a tag that stands twice makes the record none (§4.7, RFC 6376 §3.2): undefined.
 */
export function parsePolicyRecord(text: string): PolicyRecord | undefined {
  const tags = new Map<string, string>()
  for (const part of text.split(';')) {
    const equals = part.indexOf('=')
    if (equals < 0) continue
    const name = part.slice(0, equals).trim()
    if (tags.has(name)) return undefined
    tags.set(name, part.slice(equals + 1).trim())
  }
  const oneOf = <T extends string>(name: string, values: readonly T[]): T | undefined =>
    values.find((value) => value === tags.get(name)?.toLowerCase())
  return {
    ...assessment(tags, oneOf),
    adkim: oneOf('adkim', ['r', 's']) ?? 'r',
    aspf: oneOf('aspf', ['r', 's']) ?? 'r',
    psd: oneOf('psd', ['y', 'n', 'u']) ?? 'u',
    isTesting: oneOf('t', ['y', 'n']) === 'y',
  }
}

/**
 * RFC 9989 §4.10.1: without a valid `p`, or with an `sp` or `np` that is not valid, it is `p=none` where somebody wants
 * reports, and nothing otherwise.
 */
function assessment(
  tags: ReadonlyMap<string, string>,
  oneOf: (name: string, values: readonly Policy[]) => Policy | undefined,
): Pick<PolicyRecord, 'p' | 'sp' | 'np'> {
  const [p, sp, np] = ['p', 'sp', 'np'].map((name) => oneOf(name, policies))
  const isWell =
    p !== undefined &&
    (sp !== undefined || !tags.has('sp')) &&
    (np !== undefined || !tags.has('np'))
  if (isWell) return { p, sp, np }
  const wantsReports = (tags.get('rua') ?? '').split(',').some((uri) => reportUri.test(uri.trim()))
  return { p: wantsReports ? 'none' : undefined, sp: undefined, np: undefined }
}

/** `dmarc-uri`, perhaps with its obsolete size (RFC 9989 §4.8). */
const reportUri = /^[a-z][a-z0-9+.-]*:[^\s!,]+(?:!\d+[kmgt]?)?$/i
