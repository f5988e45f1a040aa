import { domainKey, formatStoreAddress, localPartKey, parseStoreAddress } from './address.ts'
import type { Database } from './database.ts'
import { accountId, type AccountId } from './ids.ts'
import { assemble, returnedTo, type Hop } from './assemble-resolution.ts'
import { healthOf } from './forward-health.ts'
import type { ForwardSenders } from './forward-senders.ts'
import { isSrs } from './forward-srs.ts'
import type { Resolution } from './resolution.ts'
import { tupleStatement } from './statement.ts'

/** More addresses than this behind one alias (at any depth) count as a loop. */
const maxReached = 1_000

/** What is asked of the database for one address. */
interface Question {
  readonly domain: string
  /** `''` for `<postmaster>` without a domain. */
  readonly key: string
  /** The key without `+tag`; equal to it where there is none. */
  readonly baseKey: string
  readonly detail: string
}

/**
 * Almost all mail is for an account's own address: one look at two primary keys, and whether anything limits the account.
 * LATERAL, because a join with an array of unknown length reads both tables whole, up to thousands of accounts.
 */
const direct = tupleStatement<
  readonly [
    n: number,
    accountId: string,
    localPart: string,
    isDisabled: boolean,
    isLimited: boolean,
    isForwarded: boolean,
  ]
>(
  'resolve_direct',
  `SELECT q.n::int, d.account_id, d.local_part, d.is_disabled, d.is_limited, d.is_forwarded
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS q (domain, key, n)
  CROSS JOIN LATERAL (
    SELECT d.account_id, d.local_part, a.disabled_at IS NOT NULL AS is_disabled,
      EXISTS (SELECT FROM quota l WHERE l.account_id = d.account_id)
        OR EXISTS (SELECT FROM domain_quota l WHERE l.domain = d.domain) AS is_limited,
      EXISTS (SELECT FROM forward w WHERE w.account_id = d.account_id) AS is_forwarded
    FROM address d JOIN account a ON a.account_id = d.account_id
    WHERE d.domain = q.domain AND d.local_key = q.key OFFSET 0
  ) d`,
)

/** Local parts that every domain has, whether somebody made them or not (RFC 5321 §4.5.1, RFC 2142 §4). */
const roleNames: ReadonlySet<string> = new Set(['postmaster', 'abuse'])
const roles = [...roleNames].map((name) => `'${name}'`).join(', ')

/**
 * The rest: every address that is reached, each once (UNION drops repetitions, so a ring ends by itself). At each of them an
 * exact address wins over the one without its +tag; a role address that nobody has made, or whose account is
 * disabled, goes to the domain's first account, or to the first of all. An account's forward is followed like an alias, but not
 * from a role that the account stands in for.
 */
const reach = tupleStatement<readonly unknown[]>(
  'resolve_reach',
  `WITH RECURSIVE asked AS (
    SELECT q.n::int AS n, q.key, q.base,
      CASE WHEN q.domain <> '' THEN q.domain
        ELSE (SELECT name FROM domain ORDER BY created_at, name LIMIT 1) END AS domain
    FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS q (domain, key, base, n)
  ), hop AS (
    SELECT n, domain, key, base, key AS local_part, '' AS via, '' AS via_domain
    FROM asked WHERE domain IS NOT NULL
    UNION
    SELECT h.n, t.target_domain, t.target_key, split_part(t.target_key, '+', 1), t.target_local_part,
      d.local_key || '@' || d.domain, d.domain
    FROM hop h
    CROSS JOIN LATERAL (
      SELECT x.* FROM address x WHERE x.domain = h.domain AND x.local_key = ANY (ARRAY[h.key, h.base])
      ORDER BY x.local_key = h.key DESC LIMIT 1
    ) d
    CROSS JOIN LATERAL (
      SELECT a.target_domain, a.target_key, a.target_local_part FROM alias_target a
      WHERE d.account_id IS NULL AND a.domain = d.domain AND a.local_key = d.local_key
      UNION ALL
      SELECT w.target_domain, w.target_key, w.target_local_part
      FROM forward_target w JOIN account c ON c.account_id = w.account_id AND c.disabled_at IS NULL
      WHERE w.account_id = d.account_id
    ) t
  )
  SELECT h.n, h.domain, h.key, h.base, h.local_part, o.name IS NOT NULL, f.is_alias,
    f.account_id, f.domain, f.local_part, f.disabled, h.via, h.via_domain,
    CASE WHEN o.name IS NULL AND h.via <> ''
      THEN (SELECT y.is_paused FROM (${healthOf("h.via || '>' || h.key || '@' || h.domain")}) y) ELSE false END,
    f.domain = h.domain AND f.local_key IN (h.key, h.base) AND EXISTS (
      SELECT FROM forward w WHERE w.account_id = f.account_id AND NOT w.keeps_copy)
  FROM (SELECT * FROM hop LIMIT $4) h
  LEFT JOIN LATERAL (SELECT x.name FROM domain x WHERE x.name = h.domain OFFSET 0) o ON true
  LEFT JOIN LATERAL (
    SELECT d.account_id IS NULL AS is_alias, d.account_id, d.domain, d.local_part, d.local_key, a.disabled_at IS NOT NULL AS disabled
    FROM (
      SELECT 1 AS rank, x.* FROM address x WHERE x.domain = h.domain AND x.local_key = h.key
      UNION ALL
      SELECT 2, x.* FROM address x
      WHERE x.domain = h.domain AND x.local_key = h.base AND h.base <> h.key
      UNION ALL
      (SELECT 3, x.* FROM address x JOIN account w ON w.account_id = x.account_id
      WHERE x.domain = h.domain AND h.base IN (${roles}) AND w.disabled_at IS NULL
      ORDER BY x.created_at, x.account_id LIMIT 1)
      UNION ALL
      (SELECT 4, x.* FROM address x JOIN account w ON w.account_id = x.account_id
      WHERE h.base IN (${roles}) AND w.disabled_at IS NULL AND o.name IS NOT NULL AND NOT EXISTS (
        SELECT FROM address y JOIN account v ON v.account_id = y.account_id
        WHERE y.domain = h.domain AND v.disabled_at IS NULL)
      ORDER BY x.created_at, x.account_id LIMIT 1)
    ) d LEFT JOIN account a ON a.account_id = d.account_id
    ORDER BY h.base IN (${roles}) AND a.disabled_at IS NOT NULL, d.rank LIMIT 1
  ) f ON true`,
)

/** Turns addresses into the accounts and foreign addresses they lead to. */
export class AddressBook {
  readonly #database: Database
  readonly #limits: (account: AccountId, isLimited: boolean) => void
  readonly #senders: Pick<ForwardSenders, 'read'>

  /**
   * `limits` is told of accounts that were found whether they, or their domains, have a limit. `senders` knows rewritten senders
   * again.
   */
  constructor(
    database: Database,
    limits: (account: AccountId, isLimited: boolean) => void,
    senders: Pick<ForwardSenders, 'read'>,
  ) {
    this.#database = database
    this.#limits = limits
    this.#senders = senders
  }

  /** One address. */
  async resolve(text: string): Promise<Resolution> {
    const [resolution] = await this.resolveAll([text])
    return resolution ?? { kind: 'unknown' }
  }

  /** Many, in their order: one statement for plain accounts, a second one where something else is among them. */
  async resolveAll(texts: readonly string[]): Promise<readonly Resolution[]> {
    const questions = texts.map(questionOf)
    const answers = new Map<number, Resolution>()
    const open: number[] = []
    const plain = await this.#direct(questions)
    questions.forEach((question, index) => {
      const answer: Resolution | undefined = question.kind === 'asked' ? plain.get(index) : question
      if (answer === undefined) open.push(index)
      else answers.set(index, answer)
    })
    for (const [index, answer] of await this.#reach(questions, open)) answers.set(index, answer)
    for (const [index, answer] of await this.#rewritten(texts, answers)) answers.set(index, answer)
    return questions.map((_, index) => answers.get(index) ?? { kind: 'unknown' })
  }

  /** Senders that we rewrote, among addresses of ours that nobody has; never one inside another. */
  async #rewritten(
    texts: readonly string[],
    answers: ReadonlyMap<number, Resolution>,
  ): Promise<ReadonlyMap<number, Resolution>> {
    const found = new Map<number, Resolution>()
    for (const [index, text] of texts.entries()) {
      const local = text.slice(0, Math.max(text.lastIndexOf('@'), 0))
      if (!isSrs(local) || answers.get(index)?.kind !== 'unknown') continue
      const sender = await this.#senders.read(local)
      if (sender === 'expired') found.set(index, { kind: 'unknown', wasOurs: true })
      else if (sender !== undefined) {
        found.set(index, returnedTo(sender.address, await this.resolve(sender.address)))
      }
    }
    return found
  }

  async #direct(questions: readonly Asked[]): Promise<ReadonlyMap<number, Resolution>> {
    const found = new Map<number, Resolution>()
    const asked = questions.flatMap((question, index) =>
      question.kind === 'asked' && question.question.domain !== ''
        ? [{ ...question.question, index }]
        : [],
    )
    if (asked.length === 0) return found
    const values = [asked.map(({ domain }) => domain), asked.map(({ key }) => key)]
    for (const row of await this.#database.read(direct, values)) {
      const [n, id, localPart, isDisabled, isLimited, isForwarded] = row
      const question = asked[n - 1]
      // Whom the mail of a role goes to instead is for the second look.
      if (question === undefined || (isDisabled && roleNames.has(question.baseKey))) continue
      const address = formatStoreAddress({ localPart, domain: question.domain })
      const account = { account: accountId(id), address, detail: '' }
      this.#limits(account.account, isLimited)
      if (isForwarded && !isDisabled) continue
      found.set(question.index, isDisabled ? { kind: 'disabled' } : { kind: 'local', account })
    }
    return found
  }

  async #reach(
    questions: readonly Asked[],
    open: readonly number[],
  ): Promise<ReadonlyMap<number, Resolution>> {
    const answers = new Map<number, Resolution>()
    if (open.length === 0) return answers
    const asked = open.flatMap((index) => {
      const question = questions[index]
      return question?.kind === 'asked' ? [{ ...question.question, index }] : []
    })
    const limit = maxReached + 1
    const rows = await this.#database.read(reach, [
      asked.map(({ domain }) => domain),
      asked.map(({ key }) => key),
      asked.map(({ baseKey }) => baseKey),
      limit * asked.length,
    ])
    const hops = Map.groupBy(rows.map(hopOf), ({ n }) => n)
    asked.forEach((question, position) => {
      const reached = hops.get(position + 1) ?? []
      const isTooMany = reached.length > maxReached || rows.length >= limit * asked.length
      answers.set(question.index, isTooMany ? { kind: 'loop' } : assemble(reached, question))
    })
    return answers
  }
}

type Asked =
  | { readonly kind: 'asked'; readonly question: Question }
  | { readonly kind: 'unknown' | 'foreign' }

function questionOf(text: string): Asked {
  if (localPartKey(text) === 'postmaster') {
    const question = { domain: '', key: 'postmaster', baseKey: 'postmaster', detail: '' }
    return { kind: 'asked', question }
  }
  const parsed = parseStoreAddress(text)
  if (parsed === undefined) return oddQuestion(text)
  const { domain, localKey, localPart } = parsed
  const plus = localKey.indexOf('+')
  const baseKey = plus > 0 ? localKey.slice(0, plus) : localKey
  const detail = plus > 0 ? localPart.slice(localPart.indexOf('+') + 1) : ''
  return { kind: 'asked', question: { domain, key: localKey, baseKey, detail } }
}

/** No address of ours, by its local part: whether it is foreign depends on the domain alone. No key is empty. */
function oddQuestion(text: string): Asked {
  const at = text.lastIndexOf('@')
  if (at < 0) return { kind: 'unknown' }
  const domain = domainKey(text.slice(at + 1))
  if (domain === undefined) return { kind: 'foreign' }
  return { kind: 'asked', question: { domain, key: '', baseKey: '', detail: '' } }
}

function hopOf(row: readonly unknown[]): Hop {
  const [n, domain, key, base, localPart, isHosted, isAlias, account, ...found] = row
  const [accountDomain, accountPart, isDisabled, via, viaDomain, isPaused, isBypassed] = found
  return {
    n: Number(n),
    domain: String(domain),
    key: String(key),
    baseKey: String(base),
    localPart: String(localPart),
    isHosted: isHosted === true,
    isAlias: isAlias === true,
    account: typeof account === 'string' ? accountId(account) : undefined,
    accountDomain: String(accountDomain),
    accountLocalPart: String(accountPart),
    isDisabled: isDisabled === true,
    via: String(via),
    viaDomain: String(viaDomain),
    isPaused: isPaused === true,
    isBypassed: isBypassed === true,
  }
}
