import { statement, type Statement } from './statement.ts'

/** A column that Postgres computes from several bound values. */
export interface ComputedColumn {
  readonly name: string
  readonly values: number
  /** Its expression over the places of its values. */
  readonly sql: (...places: string[]) => string
}

/**
 * INSERTs of several rows in sizes that are powers of two, so that any number of rows is a few prepared statements: arrays
 * of bytea are slow (3,000 rows per second against 12,000), and a text of its own for each number would be parsed anew.
 */
export class MultiInsert {
  readonly #name: string
  readonly #head: string
  readonly #tail: string
  readonly #columns: readonly ComputedColumn[]
  readonly #width: number
  readonly #statements = new Map<number, Statement<never>>()

  /** `name` is that of the statements, without their size. `tail` follows the VALUES. */
  constructor(
    name: string,
    table: string,
    columns: readonly (string | ComputedColumn)[],
    tail: string,
  ) {
    this.#name = name
    this.#columns = columns.map((column) => {
      return typeof column === 'string'
        ? { name: column, values: 1, sql: (place) => place }
        : column
    })
    this.#head = `INSERT INTO ${table} (${this.#columns.map((column) => column.name).join(', ')}) VALUES `
    this.#tail = tail
    this.#width = this.#columns.reduce((sum, { values }) => sum + values, 0)
  }

  /** The statements that insert these rows, in their order. */
  *statements(
    rows: readonly (readonly unknown[])[],
  ): Generator<{ readonly statement: Statement<never>; readonly values: readonly unknown[] }> {
    let from = 0
    while (from < rows.length) {
      const size = 2 ** Math.min(Math.floor(Math.log2(rows.length - from)), largestPower)
      const part = rows.slice(from, from + size)
      yield { statement: this.#statement(size), values: part.flat() }
      from += size
    }
  }

  #statement(size: number): Statement<never> {
    const known = this.#statements.get(size)
    if (known !== undefined) return known
    const places = Array.from({ length: size }, (_, row) => this.#places(row))
    const made = statement(
      `${this.#name}_${size}`,
      `${this.#head}${places.join(', ')} ${this.#tail}`,
    )
    this.#statements.set(size, made)
    return made
  }

  #places(row: number): string {
    let next = row * this.#width + 1
    const list = this.#columns.map(({ values, sql }) => {
      return sql(...Array.from({ length: values }, () => `$${next++}`))
    })
    return `(${list.join(', ')})`
  }
}

/** 32 rows: more gain nothing. */
const largestPower = 5
