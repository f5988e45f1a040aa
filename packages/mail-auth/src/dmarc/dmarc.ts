import { isWithin } from '../domain-name.ts'
import { authenticationLimits } from '../limits.ts'
import type { Asker, Questions } from '../questions.ts'
import type { DkimVerdict, DmarcVerdict, SpfVerdict } from '../verdict.ts'
import type { Author } from './author.ts'
import type { Policy, PolicyRecord } from './policy-record.ts'
import {
  applicableRecord,
  organizationalDomain,
  walkTree,
  type FoundRecord,
  type TreeWalk,
} from './tree-walk.ts'

/** What the other checks found, once they have. */
export interface Identifiers {
  readonly spf: Promise<SpfVerdict>
  readonly dkim: Promise<readonly DkimVerdict[]>
}

/**
 * Evaluates DMARC (RFC 9989 §5.3). The policy is looked for at once, so that slow questions of a sender cannot use up the time
 * for it. `identifiers.spf` is the MAIL FROM identity: HELO does not count (§4.4.2).
 */
export async function checkDmarc(
  author: Author,
  identifiers: Identifiers,
  questions: Questions,
): Promise<DmarcVerdict> {
  if (!author.ok) return plain('permerror', '', author.because)
  const { domain } = author
  const asker = questions.budget(authenticationLimits.dmarcQuestions)
  const walk = await walkTree(domain, asker)
  const isOwn = walk.found[0]?.domain === domain
  if (walk.failure !== undefined && !isOwn) return plain('temperror', domain, walk.failure)
  const applied = applicableRecord(domain, walk)
  if (applied === undefined) return plain('none', domain, `${domain} has no policy`)
  if (applied.record.p === undefined)
    return plain(
      'none',
      domain,
      `the record at ${applied.domain} has no valid policy and wants no reports`,
    )
  return evaluate(domain, applied, walk, identifiers, asker)
}

async function evaluate(
  domain: string,
  applied: FoundRecord,
  walk: TreeWalk,
  identifiers: Identifiers,
  asker: Asker,
): Promise<DmarcVerdict> {
  const { record } = applied
  const organization = walk.failure === undefined ? organizationalDomain(domain, walk) : undefined
  const alignment = new Alignment(domain, organization, asker)
  const vouching = await alignedIdentifiers(identifiers, record, alignment)
  const wanted = await policyFor(domain, applied, asker)
  const common = {
    domain,
    policyDomain: applied.domain,
    ...(organization === undefined ? {} : { organizationalDomain: organization }),
    policy: record.isTesting ? softened(wanted.policy) : wanted.policy,
    isTesting: record.isTesting,
    aligned: vouching.passed,
  }
  if (vouching.passed.length > 0)
    return {
      ...common,
      result: 'pass',
      because: `${vouching.passed.join(', ')} vouches for ${domain}`,
    }
  // §5.3.5: what fails for now cannot be called a failure.
  const unknown = vouching.unknown ?? wanted.unknown
  if (unknown !== undefined) return { ...common, result: 'temperror', because: unknown }
  return { ...common, result: 'fail', because: `nothing that is aligned with ${domain} passed` }
}

/** Domains that passed and are aligned; and whether one that could be is not known for now. */
async function alignedIdentifiers(
  identifiers: Identifiers,
  record: PolicyRecord,
  alignment: Alignment,
) {
  const [spf, dkim] = await Promise.all([identifiers.spf, identifiers.dkim])
  const all = [
    ...dkim.filter(isUsable).map((each) => ({ ...each, isStrict: record.adkim === 's' })),
    { ...spf, isStrict: record.aspf === 's' },
  ]
  const passed = new Set<string>()
  let unknown: string | undefined
  for (const { result, domain, isStrict, because } of all) {
    if ((result !== 'pass' && result !== 'temperror') || domain === '') continue
    const isAligned = await alignment.has(domain, isStrict)
    if (isAligned === false) continue
    if (result === 'pass' && isAligned === true) passed.add(domain)
    else unknown ??= result === 'temperror' ? because : `${isAligned}`
  }
  return { passed: Array.from(passed), unknown }
}

/** RFC 6376 §3.6.1: mail that a domain in testing mode signed is to be treated as if it were not signed. */
export function isUsable({ isTesting }: DkimVerdict): boolean {
  return !isTesting
}

/** Which domains are aligned with the author's (RFC 9989 §4.4, §4.10.2). */
class Alignment {
  readonly #author: string
  readonly #organization: string | undefined
  readonly #asker: Asker
  readonly #walks = new Map<string, Promise<TreeWalk>>()

  constructor(author: string, organization: string | undefined, asker: Asker) {
    this.#author = author
    this.#organization = organization
    this.#asker = asker
  }

  /** A text says why it is not known for now. */
  async has(domain: string, isStrict: boolean): Promise<boolean | string> {
    if (domain === this.#author) return true
    if (isStrict) return false
    const organization = this.#organization
    if (organization === undefined) {
      const isRelated = domain.split('.').at(-1) === this.#author.split('.').at(-1)
      return isRelated ? 'the organizational domain is not known for now' : false
    }
    // An Organizational Domain is the domain itself or above it: others need no walk.
    if (!isWithin(domain, organization)) return false
    const walking = this.#walks.get(domain) ?? walkTree(domain, this.#asker)
    this.#walks.set(domain, walking)
    const walk = await walking
    return walk.failure ?? organizationalDomain(domain, walk) === organization
  }
}

/** `p`, `sp` or `np` (RFC 9989 §4.10.1). Where it hangs on whether the domain exists and that is not known: the milder one. */
async function policyFor(
  domain: string,
  { domain: at, record }: FoundRecord,
  asker: Asker,
): Promise<{ readonly policy: Policy; readonly unknown?: string }> {
  const p = record.p ?? 'none'
  if (at === domain) return { policy: p }
  const sp = record.sp ?? p
  if (record.np === undefined || record.np === sp) return { policy: sp }
  const exists = await doesExist(domain, asker)
  if (typeof exists === 'string') return { policy: milder(sp, record.np), unknown: exists }
  return { policy: exists ? sp : record.np }
}

/** Existence of a name (RFC 9989 §3.2.13, RFC 8020): only NXDOMAIN says no, and not where that is about an alias's target. */
async function doesExist(domain: string, asker: Asker): Promise<boolean | string> {
  const address = await asker.a(domain)
  if (address.kind === 'temporary') return `${domain} is not answered: ${address.because}`
  if (address.kind !== 'nxdomain') return true
  const alias = await asker.cname(domain)
  if (alias.kind === 'temporary') return `${domain} is not answered: ${alias.because}`
  return alias.kind !== 'nxdomain'
}

const strengths: readonly Policy[] = ['none', 'quarantine', 'reject']

function milder(one: Policy, other: Policy): Policy {
  return strengths.indexOf(one) < strengths.indexOf(other) ? one : other
}

/** `t=y`: one level below (RFC 9989 §4.7). */
function softened(policy: Policy): Policy {
  return strengths[Math.max(0, strengths.indexOf(policy) - 1)] ?? 'none'
}

function plain(result: DmarcVerdict['result'], domain: string, because: string): DmarcVerdict {
  return { result, domain, policy: 'none', isTesting: false, aligned: [], because }
}
