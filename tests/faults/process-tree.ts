import { readdir, readFile } from 'node:fs/promises'

/** Every process below this one, of Linux. */
export async function descendantsOf(pid: number): Promise<readonly number[]> {
  const all = (await readdir('/proc')).map(Number).filter((each) => Number.isInteger(each))
  const parents = await Promise.all(all.map(async (each) => [each, await parentOf(each)] as const))
  const found: number[] = []
  const queue = [pid]
  for (let next = queue.shift(); next !== undefined; next = queue.shift())
    for (const [child, parent] of parents)
      if (parent === next) {
        found.push(child)
        queue.push(child)
      }
  return found
}

async function parentOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // Field 4; the name before it may contain anything.
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0)
}

/** True while a process lives; a zombie does not. */
export async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return stat !== '' && stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z'
}
