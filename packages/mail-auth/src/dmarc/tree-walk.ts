import { domainName } from '../domain-name.ts'
import type { Asker } from '../questions.ts'
import { isPolicyRecord, parsePolicyRecord, type PolicyRecord } from './policy-record.ts'

/** A policy record and where it was found. */
export interface FoundRecord {
  readonly domain: string
  readonly record: PolicyRecord
}

/** A DNS Tree Walk: the records that were found, longest name first; and where DNS did not answer, why. */
export interface TreeWalk {
  readonly found: readonly FoundRecord[]
  /** The walk ended early: what is above is not known. */
  readonly failure?: string
}

/** From eight labels on a walk goes on with seven (RFC 9989 §4.10 step 4), which makes eight questions at most. */
const walkedLabels = 7

/** Walks from a domain to the top, or to the first record that says it is at or above the boundary (RFC 9989 §4.10). */
export async function walkTree(start: string, asker: Asker): Promise<TreeWalk> {
  const found: FoundRecord[] = []
  let labels = start.split('.')
  while (labels.length > 0) {
    const domain = labels.join('.')
    const record = await recordAt(domain, asker)
    if (typeof record === 'string') return { found, failure: record }
    if (record !== undefined) {
      found.push({ domain, record })
      if (record.psd !== 'u') break
    }
    labels = labels.length > walkedLabels ? labels.slice(-walkedLabels) : labels.slice(1)
  }
  return { found }
}

/** The only policy record at a name; a failure of DNS in words. */
async function recordAt(domain: string, asker: Asker): Promise<PolicyRecord | string | undefined> {
  // A prefix may make a name too long for DNS; then there is nothing at it.
  const name = domainName(`_dmarc.${domain}`)
  if (name === undefined) return undefined
  const answer = await asker.txt(name)
  if (answer.kind === 'temporary') return `${name} is not answered: ${answer.because}`
  const texts = answer.kind === 'records' ? answer.records.filter(isPolicyRecord) : []
  const [text] = texts
  // Several are none (RFC 9989 §4.10 steps 2 and 6).
  return text === undefined || texts.length > 1 ? undefined : parsePolicyRecord(text.trim())
}

/** The Organizational Domain, after a walk that came to its end (RFC 9989 §4.10.2). */
export function organizationalDomain(start: string, { found }: TreeWalk): string {
  for (const { domain, record } of found) {
    if (record.psd === 'n') return domain
    if (record.psd === 'y' && domain !== start)
      return start
        .split('.')
        .slice(-(domain.split('.').length + 1))
        .join('.')
  }
  return found.at(-1)?.domain ?? start
}

/**
 * The record that applies to a domain (RFC 9989 §4.10.1): its own, else its Organizational Domain's, else that of the Public
 * Suffix Domain above, which only the end of a walk can be.
 */
export function applicableRecord(start: string, walk: TreeWalk): FoundRecord | undefined {
  const own = walk.found.find(({ domain }) => domain === start)
  if (own !== undefined) return own
  const organization = organizationalDomain(start, walk)
  const last = walk.found.at(-1)
  return (
    walk.found.find(({ domain }) => domain === organization) ??
    (last?.record.psd === 'y' ? last : undefined)
  )
}
