/** A Postgres that we refuse to keep mail in. The message says what to change. */
export class UnsuitableDatabase extends Error {
  override readonly name = 'UnsuitableDatabase'
}

/** What is asked of every server before it is used. */
export interface ServerSettings {
  readonly version: number
  readonly encoding: string
  readonly fsync: string
  readonly full_page_writes: string
  readonly synchronous_commit: string
}

/** Reads ServerSettings, as a session of ours gets them: a database or role may have settings of its own. */
export const serverSettingsText = `SELECT current_setting('server_version_num')::int AS version,
  current_setting('server_encoding') AS encoding,
  current_setting('fsync') AS fsync,
  current_setting('full_page_writes') AS full_page_writes,
  current_setting('synchronous_commit') AS synchronous_commit`

const oldest = 150_000

/**
 * Refuses a server that is too old, not UTF-8, or whose settings would void "acknowledged means durable" (unless
 * `unsafe`: POSTHOUSE_UNSAFE_DB=1, for tests).
 */
export function checkServer(settings: ServerSettings, unsafe: boolean): void {
  if (settings.version < oldest) {
    throw new UnsuitableDatabase(
      `Postgres ${Math.floor(settings.version / 10_000)} is too old: Posthouse needs 15 or newer.`,
    )
  }
  if (settings.encoding !== 'UTF8') {
    throw new UnsuitableDatabase(
      `The database's encoding is ${settings.encoding}; create it with ENCODING 'UTF8' TEMPLATE template0.`,
    )
  }
  if (unsafe) return
  const off = (['fsync', 'full_page_writes', 'synchronous_commit'] as const).filter(
    (name) => settings[name] === 'off',
  )
  if (off.length > 0) {
    const names = off.map((name) => `${name} = off`).join(', ')
    throw new UnsuitableDatabase(
      `Postgres runs with ${names}: accepted mail could be lost in a crash. Switch it on (postgresql.conf, or ALTER DATABASE / ALTER ROLE … RESET), or set POSTHOUSE_UNSAFE_DB=1 if losing mail is acceptable.`,
    )
  }
}
