import { lchown, lstat, readdir } from 'node:fs/promises'
import path from 'node:path'

/** Whom files are given to. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** Gives a file, or a folder with all below it, what is root's there. A link is given itself, never what it leads to. */
export async function giveTree(place: string, owner: Owner): Promise<void> {
  const stats = await ifThere(lstat(place))
  if (stats === undefined) return
  // What Postgres's own user has is its own.
  if (stats.uid === 0 || stats.uid === owner.uid) await ifThere(lchown(place, owner.uid, owner.gid))
  if (!stats.isDirectory()) return
  for (const name of (await ifThere(readdir(place))) ?? [])
    await giveTree(path.join(place, name), owner)
}

/** Undefined where the file is gone: a running Postgres makes and removes some. */
async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
}
