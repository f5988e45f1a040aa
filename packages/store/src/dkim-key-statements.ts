import type { DkimAlgorithm, DkimKey, DkimState } from './dkim-keys.ts'
import { lifetimeSeconds } from './queue-schedule.ts'
import { statement, tupleStatement } from './statement.ts'

/** Wakes whoever signs. Payload: the domain whose keys changed. */
export const dkimChannel = 'posthouse_dkim'

/** A key's row, its private half left out. */
export interface DkimRow {
  readonly domain: string
  readonly selector: string
  readonly algorithm: DkimAlgorithm
  readonly state: DkimState
  readonly public_key: string
  readonly created_at: Date
  readonly activated_at: Date | null
  readonly retire_at: Date | null
  readonly retired_at: Date | null
  readonly checked_at: Date | null
  readonly finding: string | null
}

const columns = `domain, selector, algorithm, state, public_key, created_at, activated_at, retire_at,
  retired_at, checked_at, finding`

export const listKeys = statement<DkimRow>(
  'dkim_list',
  `SELECT ${columns} FROM dkim_key ORDER BY domain, created_at, algorithm DESC`,
)
export const listOfDomain = statement<DkimRow>(
  'dkim_list_domain',
  `SELECT ${columns} FROM dkim_key WHERE domain = $1 ORDER BY created_at, algorithm DESC`,
)
/** No row where another key stands in its way, or the domain is not ours. */
export const insertKey = statement<DkimRow>(
  'dkim_insert',
  `INSERT INTO dkim_key (domain, selector, algorithm, public_key, private_key, overlap_seconds)
  SELECT name, $2, $3, $4, $5, $6 FROM domain WHERE name = $1
  ON CONFLICT DO NOTHING RETURNING ${columns}`,
)
export const signingKeys = tupleStatement<
  readonly [selector: string, algorithm: DkimAlgorithm, privateKey: Buffer]
>(
  'dkim_signing',
  `SELECT selector, algorithm, private_key FROM dkim_key
  WHERE domain = $1 AND state = 'active' ORDER BY algorithm DESC`,
)
/** Every one of a small house; the first thousand of a large one, whose secrets were sealed with the same key. */
export const sealedKeys = tupleStatement<
  readonly [domain: string, selector: string, privateKey: Buffer]
>(
  'dkim_sealed',
  `SELECT domain, selector, private_key FROM dkim_key
  WHERE state = 'active' ORDER BY domain, selector LIMIT 1000`,
)
export const keylessDomains = tupleStatement<readonly [string]>(
  'dkim_keyless',
  `SELECT name FROM domain d WHERE NOT EXISTS (SELECT FROM dkim_key k WHERE k.domain = d.name)
  ORDER BY created_at, name LIMIT 100`,
)
/** Taken by setting the time of the check; a process that dies over it has others look a turn later. */
export const takeDue = statement<DkimRow>(
  'dkim_due',
  `UPDATE dkim_key SET checked_at = now() WHERE (domain, selector) IN (
    SELECT domain, selector FROM dkim_key WHERE state IN ('waiting', 'active')
      AND (checked_at IS NULL OR checked_at < now() - CASE
        WHEN state = 'waiting' AND created_at > now() - interval '1 day' THEN interval '5 minutes'
        WHEN state = 'waiting' OR finding IS NOT NULL THEN interval '1 hour'
        ELSE interval '1 day' END)
    ORDER BY checked_at NULLS FIRST LIMIT 100 FOR UPDATE SKIP LOCKED)
  RETURNING ${columns}`,
)
export const noteFinding = statement(
  'dkim_note',
  `UPDATE dkim_key SET checked_at = now(), finding = $3 WHERE domain = $1 AND selector = $2`,
)
export const lockKey = statement<DkimRow>(
  'dkim_lock',
  `SELECT ${columns} FROM dkim_key WHERE domain = $1 AND selector = $2 FOR UPDATE`,
)
/** What signed until now, on behalf of $2, whose overlap counts. */
export const relieveKey = statement(
  'dkim_relieve',
  `UPDATE dkim_key o SET state = 'retiring', finding = NULL,
    retire_at = now() + make_interval(secs => ${lifetimeSeconds} + n.overlap_seconds)
  FROM dkim_key n WHERE n.domain = $1 AND n.selector = $2
    AND o.domain = $1 AND o.algorithm = n.algorithm AND o.state = 'active'`,
)
export const activateKey = statement(
  'dkim_activate',
  `UPDATE dkim_key SET state = 'active', activated_at = now(), checked_at = now(), finding = NULL
  WHERE domain = $1 AND selector = $2 AND state = 'waiting'`,
)
/** Out of use, its record still needed. */
export const restKey = statement<DkimRow>(
  'dkim_rest',
  `UPDATE dkim_key SET state = 'retiring', finding = NULL,
    retire_at = now() + make_interval(secs => ${lifetimeSeconds} + overlap_seconds)
  WHERE domain = $1 AND selector = $2 RETURNING ${columns}`,
)
export const retireKey = statement<DkimRow>(
  'dkim_retire',
  `UPDATE dkim_key SET state = 'retired', private_key = NULL, retired_at = now(), finding = NULL
  WHERE domain = $1 AND selector = $2 RETURNING ${columns}`,
)
export const retireOverdue = statement<{ readonly domain: string; readonly selector: string }>(
  'dkim_retire_overdue',
  `UPDATE dkim_key SET state = 'retired', private_key = NULL, retired_at = now()
  WHERE state = 'retiring' AND retire_at <= now() RETURNING domain, selector`,
)

/** A row as people see it. */
export function dkimKeyOf(row: DkimRow): DkimKey {
  return {
    domain: row.domain,
    selector: row.selector,
    algorithm: row.algorithm,
    state: row.state,
    publicKey: row.public_key,
    createdAt: row.created_at,
    activatedAt: row.activated_at ?? undefined,
    retireAt: row.retire_at ?? undefined,
    retiredAt: row.retired_at ?? undefined,
    checkedAt: row.checked_at ?? undefined,
    finding: row.finding ?? undefined,
  }
}
