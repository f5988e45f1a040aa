import pg from 'pg'
import { readTuples, type TupleReader } from './tuple-reader.ts'

/**
 * Runs `COPY (select) TO STDOUT (FORMAT binary)` and hands each row to `onRow` as it arrives: bytea comes as octets
 * (an ordinary query sends it as hexadecimal text, and pg's binary mode corrupts it).
 *
 * COPY takes no parameters: every value in `select` must have gone through `sqlText`. What it gives must be bounded by
 * the caller (a block of rows): rows are not held back for slow readers.
 */
export function copyOut(
  client: pg.ClientBase,
  select: string,
  onRow: (row: TupleReader) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const query = new CopyOut(`COPY (${select}) TO STDOUT (FORMAT binary)`, onRow, (error) => {
      if (error === undefined) resolve()
      else reject(error)
    })
    client.query(query)
  })
}

/**
 * A simple query (one text, no parameters) that understands CopyData. It extends pg's own Query so that everything else,
 * above all the end of pg's `query_timeout` timer, is pg's.
 */
class CopyOut extends pg.Query {
  readonly #onRow: (row: TupleReader) => void
  #broken: Error | undefined

  constructor(
    text: string,
    onRow: (row: TupleReader) => void,
    done: (error: Error | undefined) => void,
  ) {
    super(text, (error) => done(error ?? this.#broken))
    this.#onRow = onRow
  }

  /** Called by pg's client for each CopyData message; the chunk is a view that is overwritten later. */
  handleCopyData(message: { readonly chunk: Buffer }): void {
    if (this.#broken !== undefined) return
    try {
      readTuples(message.chunk, this.#onRow)
    } catch (error) {
      this.#broken = error instanceof Error ? error : new Error(String(error))
    }
  }
}

/** Values as SQL text, for the one statement that takes no parameters. Everything is checked, nothing is quoted by hand. */
export const sqlText = {
  /** A uuid. */
  uuid(value: string): string {
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)) throw new TypeError('no uuid')
    return `'${value}'::uuid`
  },
  /** A whole number. */
  integer(value: number): string {
    if (!Number.isSafeInteger(value)) throw new TypeError('no integer')
    return `${value}::bigint`
  },
  /** Whole numbers as a bigint array. */
  integers(values: Iterable<number>): string {
    const list = Array.from(values, (value) => {
      if (!Number.isSafeInteger(value)) throw new TypeError('no integer')
      return value
    })
    return `'{${list.join(',')}}'::bigint[]`
  },
  /** Octets. */
  bytes(value: Buffer): string {
    return `'\\x${value.toString('hex')}'::bytea`
  },
}
