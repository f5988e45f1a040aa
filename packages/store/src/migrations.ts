import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'

/** One hand-written step of the schema: `migrations/NNNN-name.sql`. */
export interface Migration {
  readonly number: number
  /** The file's name without `.sql`. */
  readonly name: string
  readonly sql: string
  /** SHA-256 of the file, in hex. */
  readonly checksum: string
}

/** A database whose schema does not fit this version of Posthouse. The message says what to do. */
export class SchemaMismatch extends Error {
  override readonly name = 'SchemaMismatch'
}

/** The files stand beside `src` and `dist` alike. */
const folder = new URL('../migrations/', import.meta.url)

/** All steps in order, without gaps. */
export async function readMigrations(): Promise<readonly Migration[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).toSorted()
  const migrations = await Promise.all(files.map(readMigration))
  migrations.forEach((migration, index) => {
    if (migration.number !== index + 1)
      throw new Error(`Migrations have a gap before ${migration.name}`)
  })
  return migrations
}

/** One value for the whole schema: changes whenever any step does. */
export function schemaChecksum(migrations: readonly Migration[]): string {
  const hash = createHash('sha256')
  for (const migration of migrations) hash.update(`${migration.name} ${migration.checksum}\n`)
  return hash.digest('hex')
}

/** What the database says it has. */
export interface AppliedMigration {
  readonly number: number
  readonly name: string
  readonly checksum: string
}

/**
 * The steps still to take. Refuses a database made by a newer version, and one whose steps are not exactly the first of ours:
 * a step is never changed or slipped in once it was released.
 */
export function pendingMigrations(
  known: readonly Migration[],
  applied: readonly AppliedMigration[],
): readonly Migration[] {
  applied.forEach((step, index) => {
    const ours = known[index]
    if (ours === undefined) {
      throw new SchemaMismatch(
        `This database was made by a newer Posthouse (its schema has ${step.name}, this version ends with ${known.at(-1)?.name ?? 'nothing'}). Start the newer version, or restore a backup made by this one.`,
      )
    }
    if (ours.number !== step.number || ours.name !== step.name || ours.checksum !== step.checksum) {
      throw new SchemaMismatch(
        `This database's schema is not ours: it has taken the step ${step.name} (${step.checksum.slice(0, 12)}), where this version has ${ours.name} (${ours.checksum.slice(0, 12)}). Use another database, or the version of Posthouse that made it.`,
      )
    }
  })
  return known.slice(applied.length)
}

async function readMigration(file: string): Promise<Migration> {
  const number = /^(\d{4})-[a-z0-9-]+\.sql$/.exec(file)?.[1]
  if (number === undefined) throw new Error(`A migration is not called NNNN-name.sql: ${file}`)
  const octets = await readFile(new URL(file, folder))
  return {
    number: Number(number),
    name: file.slice(0, -'.sql'.length),
    sql: octets.toString(),
    checksum: createHash('sha256').update(octets).digest('hex'),
  }
}
