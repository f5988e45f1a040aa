import type { Database } from './database.ts'
import type { FilterSimilar } from './filter-learning.ts'
import { statement, tupleStatement } from './statement.ts'

const sinceStatement = tupleStatement<readonly [number, number, number]>(
  'filter_similar_since',
  `SELECT sketch, sum(seen)::int, sum(spam)::int FROM filter_similar
  WHERE sketch = ANY ($1::bigint[]) AND hour >= $2::int GROUP BY sketch`,
)
const addStatement = statement(
  'filter_similar_add',
  `INSERT INTO filter_similar AS s (sketch, hour, seen, spam)
  SELECT n.sketch, $4::int, sum(n.seen), sum(n.spam)
  FROM unnest($1::bigint[], $2::int[], $3::int[]) AS n (sketch, seen, spam)
  GROUP BY n.sketch ORDER BY n.sketch
  ON CONFLICT (sketch, hour) DO UPDATE SET seen = s.seen + excluded.seen, spam = s.spam + excluded.spam`,
)

/** How often sketches of messages came, in Postgres. */
export class FilterSimilarTable implements FilterSimilar {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async since(
    sketches: readonly number[],
    hour: number,
  ): Promise<ReadonlyMap<number, { readonly seen: number; readonly spam: number }>> {
    const rows = await this.#database.read(sinceStatement, [sketches, hour])
    return new Map(rows.map(([sketch, seen, spam]) => [sketch, { seen, spam }]))
  }

  async add(
    notes: readonly { readonly sketch: number; readonly seen: number; readonly spam: number }[],
    hour: number,
  ): Promise<void> {
    if (notes.length === 0) return
    await this.#database.execute(addStatement, [
      notes.map(({ sketch }) => sketch),
      notes.map(({ seen }) => seen),
      notes.map(({ spam }) => spam),
      hour,
    ])
  }
}
