import pg from 'pg'
import type { Side, SidePorts } from '../side.ts'
import type { PosthouseSide } from './posthouse.ts'

/** Where the fixture's mailbox stands: one account, one mailbox, as keys go in such layouts. */
const account = '00000000-0000-7000-8000-000000000001'
const mailbox = 1

const schema = `
  CREATE SCHEMA IF NOT EXISTS bench_rows;
  SET search_path = bench_rows;
  CREATE TABLE IF NOT EXISTS head (
    account_id uuid, mailbox_id bigint, uid_next bigint NOT NULL, modseq bigint NOT NULL,
    unseen bigint NOT NULL, PRIMARY KEY (account_id, mailbox_id));
  CREATE TABLE IF NOT EXISTS content (hash bytea PRIMARY KEY, octets bytea NOT NULL);
  ALTER TABLE content ALTER COLUMN octets SET STORAGE EXTERNAL;
  CREATE TABLE IF NOT EXISTS message (
    account_id uuid, mailbox_id bigint, uid bigint, flags int NOT NULL, modseq bigint NOT NULL,
    hash bytea NOT NULL, size int NOT NULL, received bigint NOT NULL,
    envelope bytea, structure bytea, header bytea, PRIMARY KEY (account_id, mailbox_id, uid));
  CREATE INDEX IF NOT EXISTS message_modseq ON message (account_id, mailbox_id, modseq);
  TRUNCATE head, content, message;`

/** What the fixture keeps of a message. */
export interface RowMessage {
  readonly hash: Buffer
  readonly octets: Buffer
  readonly envelope: Buffer
  readonly structure: Buffer
  readonly header: Buffer
}

/**
 * The obvious layout, a row per message with its flags in it, on Posthouse's own Postgres: what the store is compared with. It
 * speaks no protocol; a measure asks it directly.
 */
export class RowsSide implements Side {
  readonly name = 'row-per-message'
  readonly ports: SidePorts = { smtp: 0, imap: 0, pop3: 0 }
  readonly #posthouse: PosthouseSide
  #client: pg.Client | undefined

  constructor(posthouse: PosthouseSide) {
    this.#posthouse = posthouse
  }

  async start(accounts: number): Promise<void> {
    await this.#posthouse.start(accounts)
    const connectionString = await this.#posthouse.databaseUrl()
    this.#client = new pg.Client({ connectionString, pipeline: true })
    await this.#client.connect()
    await this.#client.query(schema)
    await this.#client.query('INSERT INTO head VALUES ($1, $2, 1, 1, 0)', [account, mailbox])
  }

  async stop(): Promise<void> {
    await this.#client?.query('DROP SCHEMA bench_rows CASCADE')
    await this.#client?.end()
    this.#client = undefined
  }

  roots(): readonly number[] {
    return this.#posthouse.roots()
  }

  async fill(): Promise<void> {}
  async forget(): Promise<void> {}
  async settled(): Promise<void> {}
  installedBytes(): Promise<number> {
    return Promise.resolve(0)
  }

  /** Fills the mailbox with so many rows, without octets. */
  async fillRows(count: number): Promise<void> {
    await this.#query('DELETE FROM message')
    await this.#query(
      `INSERT INTO message SELECT $1, $2, n, 0, n, sha256(n::text::bytea), 6000, 1700000000 + n
      FROM generate_series(1, $3::int) n`,
      [account, mailbox, count],
    )
    await this.#query(`UPDATE head SET uid_next = $1::bigint + 1, modseq = $1, unseen = $1`, [
      count,
    ])
    await this.#query('VACUUM ANALYZE message')
  }

  /** Opens the mailbox: everything a session has to know of every message. @returns how many */
  async open(): Promise<number> {
    const { rows } = await this.#query(
      `SELECT uid, flags, modseq, size, received FROM message
      WHERE account_id = $1 AND mailbox_id = $2 ORDER BY uid`,
      [account, mailbox],
    )
    return rows.length
  }

  /** A flag on all, durable, with the counters and the modseq that CONDSTORE asks for. */
  async flagAll(bit: number, isSet: boolean): Promise<void> {
    await this.#query('BEGIN')
    await this.#query(
      `UPDATE head SET modseq = modseq + 1 WHERE account_id = $1 AND mailbox_id = $2`,
      [account, mailbox],
    )
    await this.#query(
      `UPDATE message m SET flags = ${isSet ? 'flags | $3::int' : 'flags & ~$3::int'}, modseq = h.modseq
      FROM head h WHERE h.account_id = $1 AND h.mailbox_id = $2
        AND m.account_id = $1 AND m.mailbox_id = $2`,
      [account, mailbox, bit],
    )
    await this.#query('COMMIT')
  }

  /** Inserts octets, many in one statement: the most that Postgres takes. */
  async insertOctets(messages: readonly { readonly hash: Buffer; readonly octets: Buffer }[]) {
    const places = messages.map((_, i) => `($${i * 2 + 1}, $${i * 2 + 2})`).join(', ')
    const values = messages.flatMap(({ hash, octets }) => [hash, octets])
    await this.#query(`INSERT INTO content VALUES ${places}`, values)
  }

  /** Delivers one message: what no layout can do without, in one transaction. */
  async deliver({ hash, octets, envelope, structure, header }: RowMessage): Promise<void> {
    await Promise.all([
      this.#query('BEGIN'),
      this.#query(
        'INSERT INTO content VALUES ($1, $2) ON CONFLICT DO NOTHING',
        [hash, octets],
        'c',
      ),
      this.#query(
        `WITH h AS (
          UPDATE head SET uid_next = uid_next + 1, modseq = modseq + 1, unseen = unseen + 1
          WHERE account_id = $1 AND mailbox_id = $2 RETURNING uid_next - 1 AS uid, modseq)
        INSERT INTO message
        SELECT $1, $2, h.uid, 0, h.modseq, $3, $4, extract(epoch FROM now())::bigint, $5, $6, $7
        FROM h`,
        [account, mailbox, hash, octets.length, envelope, structure, header],
        'm',
      ),
      this.#query('COMMIT'),
    ])
  }

  async #query(text: string, values: readonly unknown[] = [], name?: string) {
    if (this.#client === undefined) throw new Error('the fixture is not started')
    const config = { text, values: [...values], ...(name !== undefined && { name }) }
    return this.#client.query({ ...config, rowMode: 'array' })
  }
}
