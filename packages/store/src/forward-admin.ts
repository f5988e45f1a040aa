import { formatStoreAddress, parseStoreAddress, type StoreAddress } from './address.ts'
import { writeAudit } from './audit-trail.ts'
import type { Actor } from './audit.ts'
import type { Database } from './database.ts'
import { domainAliases } from './domain-hold.ts'
import { findByAddress } from './find-account.ts'
import { healthOfPaths, pausedPaths } from './forward-health.ts'
import type { ForwardSenders } from './forward-senders.ts'
import type { Forward, ForwardedTo, ForwardRefusal, Forwards, PausedForward } from './forwards.ts'
import { statement } from './statement.ts'

/** Whoever wants more wants an alias, or a mailing list. */
const maxTargets = 10

interface Row {
  readonly domain: string
  readonly local_part: string
  readonly local_key: string
  readonly is_alias: boolean
  readonly keeps_copy: boolean
  readonly set_at: Date
  readonly target_domain: string
  readonly target_key: string
  readonly target_local_part: string
  readonly is_hosted: boolean
}

const select = statement<Row>(
  'forward_show',
  `SELECT d.domain, d.local_part, d.local_key, false AS is_alias, f.keeps_copy, f.set_at,
    t.target_domain, t.target_key, t.target_local_part, o.name IS NOT NULL AS is_hosted
  FROM address d JOIN forward f ON f.account_id = d.account_id
  JOIN forward_target t ON t.account_id = f.account_id LEFT JOIN domain o ON o.name = t.target_domain
  WHERE d.domain = $1 AND d.local_key = $2
  UNION ALL
  SELECT d.domain, d.local_part, d.local_key, true, false, d.created_at,
    t.target_domain, t.target_key, t.target_local_part, o.name IS NOT NULL
  FROM address d JOIN alias_target t ON t.domain = d.domain AND t.local_key = d.local_key
  LEFT JOIN domain o ON o.name = t.target_domain
  WHERE d.domain = $1 AND d.local_key = $2 AND d.account_id IS NULL
  ORDER BY target_domain, target_key`,
)

/** Forwards over one database. */
export class ForwardAdmin implements Forwards {
  readonly #database: Database
  readonly #senders: ForwardSenders

  constructor(database: Database, senders: ForwardSenders) {
    this.#database = database
    this.#senders = senders
  }

  async set(
    account: string,
    wanted: { readonly targets: readonly string[]; readonly keepsCopy: boolean },
    by: Actor,
  ): Promise<{ readonly ok: true } | ({ readonly ok: false } & ForwardRefusal)> {
    const found = await findByAddress(this.#database, account)
    if (found === undefined) return { ok: false, reason: 'not-found' }
    const { id, address } = found.account
    const domain = address.slice(address.lastIndexOf('@') + 1)
    const same = new Set([domain, ...(await domainAliases(this.#database, domain))])
    const checked = check(address, same, wanted.targets)
    if (!checked.ok) return checked
    const { writeForward } = await import('./forward-writes.ts')
    await this.#database.transact(async (tx) => {
      await writeForward(tx, id, checked.targets, wanted.keepsCopy)
      const targets = checked.targets.map(formatStoreAddress)
      await writeAudit(tx, by, 'forward.set', address, { targets, keepsCopy: wanted.keepsCopy })
    })
    return { ok: true }
  }

  async show(text: string): Promise<Forward | undefined> {
    const rows = await this.#rows(text)
    const [first] = rows
    if (first === undefined) return undefined
    const paths = rows.filter(({ is_hosted: isHosted }) => !isHosted).map(pathOf)
    const known = await healthOfPaths(this.#database, paths)
    const health = new Map(known.map(({ path, ...rest }) => [path, rest]))
    const targets = rows.map((row): ForwardedTo => {
      const own = health.get(pathOf(row))
      return { address: targetOf(row), ...(own !== undefined && { health: own }) }
    })
    return {
      address: formatStoreAddress({ localPart: first.local_part, domain: first.domain }),
      kind: first.is_alias ? 'alias' : 'account',
      keepsCopy: first.keeps_copy,
      targets,
      setAt: first.set_at,
    }
  }

  async clear(account: string, by: Actor): Promise<'done' | 'not-found'> {
    const found = await findByAddress(this.#database, account)
    if (found === undefined) return 'not-found'
    const { id, address } = found.account
    const { deleteForward } = await import('./forward-writes.ts')
    return await this.#database.transact(async (tx) => {
      if (!(await deleteForward(tx, id))) return 'not-found'
      await writeAudit(tx, by, 'forward.cleared', address)
      return 'done'
    })
  }

  async resume(text: string, target: string | undefined, by: Actor): Promise<readonly string[]> {
    const wanted = target === undefined ? undefined : parseStoreAddress(target)
    if (target !== undefined && wanted === undefined) return []
    const rows = (await this.#rows(text)).filter(
      (row) =>
        !row.is_hosted &&
        (wanted === undefined ||
          (row.target_key === wanted.localKey && row.target_domain === wanted.domain)),
    )
    if (rows.length === 0) return []
    const { writeResume } = await import('./forward-writes.ts')
    const targets = rows.map(targetOf)
    await this.#database.transact(async (tx) => {
      await writeResume(tx, rows.map(pathOf))
      await writeAudit(tx, by, 'forward.resumed', text, { targets })
    })
    return targets
  }

  async paused(): Promise<readonly PausedForward[]> {
    const paths = await pausedPaths(this.#database)
    return paths.map((path) => {
      const split = path.indexOf('>')
      return { address: path.slice(0, split), target: path.slice(split + 1) }
    })
  }

  rewriteSender(sender: string, domain: string): Promise<string> {
    return this.#senders.rewrite(sender, domain)
  }

  async #rows(text: string): Promise<readonly Row[]> {
    const parsed = parseStoreAddress(text)
    if (parsed === undefined) return []
    return await this.#database.query(select, [parsed.domain, parsed.localKey])
  }
}

type Checked =
  | { readonly ok: true; readonly targets: readonly StoreAddress[] }
  | ({ readonly ok: false } & ForwardRefusal)

/** Equal targets become one. One that is the account itself, in one of its domains, would say nothing: `keepsCopy` does. */
function check(address: string, same: ReadonlySet<string>, texts: readonly string[]): Checked {
  const own = parseStoreAddress(address)
  const targets = new Map<string, StoreAddress>()
  for (const target of texts) {
    const parsed = parseStoreAddress(target)
    if (parsed === undefined) return { ok: false, reason: 'malformed-target', target }
    const base = parsed.localKey.replace(/(?<=.)\+.*$/s, '')
    const isOwn = parsed.localKey === own?.localKey || base === own?.localKey
    if (same.has(parsed.domain) && isOwn) return { ok: false, reason: 'self', target }
    const key = `${parsed.localKey}@${parsed.domain}`
    if (!targets.has(key)) targets.set(key, parsed)
  }
  if (targets.size === 0) return { ok: false, reason: 'no-targets' }
  if (targets.size > maxTargets) return { ok: false, reason: 'too-many' }
  return { ok: true, targets: [...targets.values()] }
}

/** As the address book makes it. */
function pathOf(row: Row): string {
  return `${row.local_key}@${row.domain}>${row.target_key}@${row.target_domain}`
}

function targetOf(row: Row): string {
  return formatStoreAddress({ localPart: row.target_local_part, domain: row.target_domain })
}
