import type { ClientBase } from 'pg'
import type { StoreLog } from './store-log.ts'
import { sqlState, StoreUnavailable } from './unavailable.ts'

/** More than any mailbox is likely to have got in the commits that a failover or a backup lost. */
const jump = 10_000

/** Null while the server is a standby, where nothing can be written. */
const currentName = `SELECT CASE WHEN pg_is_in_recovery() THEN NULL ELSE
    (SELECT system_identifier FROM pg_control_system()) || '/' ||
    substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END`
const readText = `SELECT (${currentName}) AS current, (SELECT name FROM lineage) AS noted`
const noteText = `INSERT INTO lineage (name) SELECT ($1) ON CONFLICT DO NOTHING`
/** One process jumps; the others, which wait here, find that it was done. */
const lockText = `SELECT name FROM lineage FOR UPDATE`
const jumpText = `WITH locked AS MATERIALIZED (
    SELECT account_id, mailbox_id FROM mailbox_head ORDER BY account_id, mailbox_id FOR NO KEY UPDATE
  )
  UPDATE mailbox_head h SET uid_next = least(h.uid_next + ${jump}, 4294967295) FROM locked k
  WHERE h.account_id = k.account_id AND h.mailbox_id = k.mailbox_id`
const renameText = `UPDATE lineage SET name = $1, since = now()`

/**
 * Looks on every new connection whether Postgres still is the one that our rows come from. After a failover without
 * synchronous replication, or a restored backup, UIDs that clients were told of may be free again: before anything
 * else is written all next UIDs jump, so that none is given to another message (RFC 3501 §2.3.1.1).
 */
export class Lineage {
  readonly #log: StoreLog
  /** What this process has seen to be true. */
  #known: string | undefined

  constructor(log: StoreLog) {
    this.#log = log
  }

  /** Before the connection is used. Throws what the database throws; a role that may not look is let be. */
  async verify(client: ClientBase): Promise<void> {
    try {
      const { rows } = await client.query<{ current: string | null; noted: string | null }>(
        readText,
      )
      const { current = null, noted = null } = rows[0] ?? {}
      // Its promotion would go unseen by a connection that is open already.
      if (current === null) throw new StoreUnavailable('shutdown', 'none', new Error('a standby'))
      if (current === this.#known) return
      if (noted === null) await client.query(noteText, [current])
      else if (noted !== current) await this.#jump(client, noted, current)
      this.#known = current
    } catch (error) {
      // undefined_table: not migrated yet; insufficient_privilege, undefined_function: a Postgres that hides its control data.
      if (!['42P01', '42501', '42883'].includes(sqlState(error) ?? '')) throw error
    }
  }

  async #jump(client: ClientBase, noted: string, current: string): Promise<void> {
    await client.query('BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0')
    try {
      const { rows } = await client.query<{ name: string }>(lockText)
      if (rows[0]?.name !== current) {
        const { rowCount } = await client.query(jumpText)
        await client.query(renameText, [current])
        this.#log.warn('store.lineage.changed', { from: noted, to: current, mailboxes: rowCount })
      }
      await client.query('COMMIT')
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined)
      throw error
    }
  }
}
