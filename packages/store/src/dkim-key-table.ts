import { domainKey } from './address.ts'
import type { Actor } from './audit.ts'
import { writeAudit } from './audit-trail.ts'
import type { Database } from './database.ts'
import { readDkimPrivateKey, makeDkimKeyPair } from './dkim-key-pair.ts'
import * as sql from './dkim-key-statements.ts'
import { dkimChannel, dkimKeyOf } from './dkim-key-statements.ts'
import { dkimAlgorithms } from './dkim-keys.ts'
import type { DkimCreation, DkimKey, DkimKeys, DkimRequest, DkimSigningKey } from './dkim-keys.ts'
import { isSelector, newSelector } from './dkim-selector.ts'
import { SecretKeyUnfit, type Sealer } from './sealer.ts'

type Name = Pick<DkimKey, 'domain' | 'selector'>

const defaultOverlapSeconds = 7 * 86_400
/** Others may take the selector that was chosen, again and again; not more often than this. */
const tries = 10

/** DKIM keys over one database, their private halves sealed. */
export class DkimKeyTable implements DkimKeys {
  readonly #database: Database
  readonly #sealer: Sealer

  constructor(database: Database, sealer: Sealer) {
    this.#database = database
    this.#sealer = sealer
  }

  async list(domain?: string): Promise<readonly DkimKey[]> {
    const rows =
      domain === undefined
        ? await this.#database.query(sql.listKeys)
        : await this.#database.query(sql.listOfDomain, [domainKey(domain) ?? ''])
    return rows.map(dkimKeyOf)
  }

  async equip(domain: string, by: Actor): Promise<readonly DkimKey[]> {
    const name = domainKey(domain)
    if (name === undefined || (await this.list(name)).length > 0) return []
    const rows = await Promise.all(
      dkimAlgorithms.map(async (algorithm) => {
        const { publicKey, privateKey } = await makeDkimKeyPair(algorithm)
        const selector = newSelector(algorithm, new Date(), new Set())
        const sealed = await this.#sealer.seal(secretName(name, selector), privateKey)
        return [name, selector, algorithm, publicKey, sealed, defaultOverlapSeconds]
      }),
    )
    return await this.#insert(rows, by)
  }

  async create(domain: string, request: DkimRequest, by: Actor): Promise<DkimCreation> {
    const name = domainKey(domain)
    const wanted = request.selector?.toLowerCase()
    if (name === undefined) return { ok: false, reason: 'not-found' }
    if (wanted !== undefined && !isSelector(wanted, name)) return { ok: false, reason: 'malformed' }
    const pair = await makeDkimKeyPair(request.algorithm)
    for (let attempt = 0; attempt < tries; attempt += 1) {
      const known = await this.list(name)
      const next = known.find(
        ({ state, algorithm }) => state === 'waiting' && algorithm === request.algorithm,
      )
      if (next !== undefined) return { ok: false, reason: 'waiting', key: next }
      const taken = new Set(known.map(({ selector }) => selector))
      if (wanted !== undefined && taken.has(wanted)) return { ok: false, reason: 'exists' }
      const selector = wanted ?? newSelector(request.algorithm, new Date(), taken)
      const sealed = await this.#sealer.seal(secretName(name, selector), pair.privateKey)
      const { algorithm, overlapSeconds = defaultOverlapSeconds } = request
      const row = [name, selector, algorithm, pair.publicKey, sealed, overlapSeconds]
      const [key] = await this.#insert([row], by)
      if (key !== undefined) return { ok: true, key }
      const isOurs = (await this.list(name)).length > known.length
      if (!isOurs) break
    }
    return { ok: false, reason: 'not-found' }
  }

  /** All of them, or none where one is in the way. */
  #insert(rows: readonly (readonly unknown[])[], by: Actor): Promise<readonly DkimKey[]> {
    return this.#database.transact(async (tx) => {
      const keys: DkimKey[] = []
      for (const values of rows) {
        const [row] = await tx.query(sql.insertKey, values)
        // The first one's place is the lock: whoever is second finds it taken.
        if (row === undefined) return keys
        const { selector, algorithm } = row
        await writeAudit(tx, by, 'dkim.created', row.domain, { selector, algorithm })
        keys.push(dkimKeyOf(row))
      }
      return keys
    })
  }

  async signing(domain: string): Promise<readonly DkimSigningKey[]> {
    const rows = await this.#database.query(sql.signingKeys, [domain])
    return Promise.all(
      rows.map(async ([selector, algorithm, sealed]) => {
        const octets = await this.#sealer.open(secretName(domain, selector), sealed)
        return { domain, selector, algorithm, privateKey: readDkimPrivateKey(octets) }
      }),
    )
  }

  async problem(): Promise<string | undefined> {
    try {
      for (const [domain, selector, sealed] of await this.#database.query(sql.sealedKeys))
        await this.#sealer.open(secretName(domain, selector), sealed)
      return undefined
    } catch (error) {
      if (error instanceof SecretKeyUnfit) return error.message
      throw error
    }
  }

  async domainsWithout(): Promise<readonly string[]> {
    const rows = await this.#database.query(sql.keylessDomains)
    return rows.map(([name]) => name)
  }

  async due(): Promise<readonly DkimKey[]> {
    const rows = await this.#database.query(sql.takeDue)
    return rows.map(dkimKeyOf)
  }

  async noteChecked({ domain, selector }: Name, finding: string | undefined): Promise<void> {
    await this.#database.execute(sql.noteFinding, [domain, selector, finding ?? null])
  }

  activate({ domain, selector }: Name, by: Actor): Promise<boolean> {
    return this.#database.transact(async (tx) => {
      const [row] = await tx.query(sql.lockKey, [domain, selector])
      if (row?.state !== 'waiting') return false
      // In this order: two of a kind are never active, not even for a moment (dkim_key_standing).
      await tx.execute(sql.relieveKey, [domain, selector])
      await tx.execute(sql.activateKey, [domain, selector])
      await writeAudit(tx, by, 'dkim.activated', domain, { selector })
      tx.notify(dkimChannel, domain)
      return true
    })
  }

  retire(
    { domain, selector }: Name,
    { now }: { readonly now: boolean },
    by: Actor,
  ): Promise<DkimKey | undefined> {
    const name = [domainKey(domain) ?? '', selector.toLowerCase()]
    return this.#database.transact(async (tx) => {
      const [row] = await tx.query(sql.lockKey, name)
      if (row === undefined) return undefined
      if (row.state === 'retired') return dkimKeyOf(row)
      const isGentle = row.state === 'active' && !now
      const [after] = await tx.query(isGentle ? sql.restKey : sql.retireKey, name)
      const action = isGentle ? 'dkim.retiring' : 'dkim.retired'
      await writeAudit(tx, by, action, row.domain, { selector: row.selector })
      tx.notify(dkimChannel, row.domain)
      return after === undefined ? undefined : dkimKeyOf(after)
    })
  }

  retireDue(by: Actor): Promise<readonly Name[]> {
    return this.#database.transact(async (tx) => {
      const rows = await tx.query(sql.retireOverdue)
      for (const { domain, selector } of rows)
        await writeAudit(tx, by, 'dkim.retired', domain, { selector })
      return rows
    })
  }

  onChange(listener: (domain: string) => void, onGap: () => void): () => void {
    return this.#database.notifier.listen(dkimChannel, { onWake: listener, onGap })
  }
}

/** What a private key is sealed as: it opens in its own row only. */
function secretName(domain: string, selector: string): string {
  return `dkim/${domain}/${selector}`
}
