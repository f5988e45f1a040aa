import { readdir, lstat } from 'node:fs/promises'
import path from 'node:path'

/** Octets that the files below a folder take on disk; links are not followed, hard links count once. */
export async function folderBytes(folder: string, seen = new Set<number>()): Promise<number> {
  let sum = 0
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const full = path.join(folder, entry.name)
    if (entry.isDirectory()) sum += await folderBytes(full, seen)
    else sum += await fileBytes(full, seen)
  }
  return sum
}

async function fileBytes(file: string, seen: Set<number>): Promise<number> {
  const { blocks, ino } = await lstat(file)
  if (seen.has(ino)) return 0
  seen.add(ino)
  return blocks * 512
}
