import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Secret } from '@posthouse/config'
import { openStore, type Account, type Actor, type Store } from '@posthouse/store'
import { freshDatabase } from '@posthouse/testkit'

/** What a command said. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The command line over a database of a test's own. */
export interface CommandHouse {
  readonly store: Store
  readonly actor: Actor
  /** Its data folder, where its files are, too. */
  readonly folder: string
  /** Its database. */
  readonly url: string
  /** Runs `posthouse ARGS`. */
  run(...args: readonly string[]): Promise<Ended>
  /** Runs it, and asserts that it ends with 0; gives what it printed. */
  ok(...args: readonly string[]): Promise<string>
  /** Runs it with `--json`, and gives the document. */
  json(...args: readonly string[]): Promise<Record<string, unknown>>
  /** Runs it, and asserts that it ends with this code and prints no data; gives what it said. */
  refused(code: number, ...args: readonly string[]): Promise<string>
  account(address: string): Promise<Account>
  /** Writes a file, and gives its path. */
  file(name: string, content: string | Uint8Array): Promise<string>
  /** What commands find in their environment. */
  readonly env: Readonly<Record<string, string>>
  close(): Promise<void>
}

const main = fileURLToPath(new URL('../main.ts', import.meta.url))

/** Runs `posthouse ARGS` from its sources, with more in its environment and perhaps a text on its standard input. */
export function runPosthouse(
  more: Readonly<Record<string, string>>,
  args: readonly string[],
  input = '',
): Promise<Ended> {
  const options = {
    env: { ...process.env, NO_COLOR: '1', ...more },
    timeout: 180_000,
    maxBuffer: 16 * 1024 * 1024,
  }
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--conditions=@posthouse/source', main, ...args],
      options,
      (_, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    )
    child.stdin?.end(input)
  })
}

/** Opens one. To be closed in `after`. */
export async function openCommandHouse(
  more: Readonly<Record<string, string>> = {},
): Promise<CommandHouse> {
  const fresh = await freshDatabase()
  const folder = await mkdtemp(path.join(os.tmpdir(), 'command-'))
  const store = await openStore({ database: fresh.url, app: 'test', unsafe: true })
  const actor = { via: 'test', user: 'ada' }
  const env = {
    DATABASE_URL: fresh.url,
    POSTHOUSE_DATA: folder,
    POSTHOUSE_UNSAFE_DB: '1',
    POSTHOUSE_RESOLVERS: '127.0.0.1:9',
    ...more,
  }
  const run = (...args: readonly string[]): Promise<Ended> => runPosthouse(env, args)
  const ok = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(...args)
    assert.equal(code, 0, `${args.join(' ')}: ${stdout}${stderr}`)
    return stdout
  }
  return {
    store,
    actor,
    folder,
    url: fresh.url,
    run,
    ok,
    json: async (...args) => JSON.parse(await ok(...args, '--json')) as Record<string, unknown>,
    async refused(code, ...args) {
      const ended = await run(...args)
      assert.equal(ended.code, code, `${args.join(' ')}: ${ended.stdout}${ended.stderr}`)
      assert.equal(ended.stdout, '')
      return ended.stderr
    },
    async account(address) {
      await store.domains.create(address.slice(address.lastIndexOf('@') + 1), actor)
      const made = await store.accounts.create(
        { address, password: new Secret('analytical') },
        actor,
      )
      assert.ok(made.ok)
      return made.account
    },
    async file(name, content) {
      const file = path.join(folder, name)
      await writeFile(file, content)
      return file
    },
    env,
    async close() {
      try {
        assert.deepEqual(await store.check(), [])
      } finally {
        await store.close()
        await fresh.drop()
        await rm(folder, { recursive: true, force: true })
      }
    },
  }
}
