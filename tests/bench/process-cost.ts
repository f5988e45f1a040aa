import { readdir, readFile } from 'node:fs/promises'

/** Clock ticks per second in /proc (USER_HZ): 100 on every Linux that Node runs on. */
const ticksPerSecond = 100

interface ProcessTimes {
  readonly pid: number
  readonly parent: number
  /** Its own CPU time and that of its children that were waited for, in ticks. */
  readonly ticks: number
}

/**
 * CPU seconds spent so far by the processes below `roots`, dead ones that were waited for included (proc(5): cutime
 * counts them), so that the difference of two readings misses no short-lived process.
 */
export async function cpuSeconds(roots: readonly number[]): Promise<number> {
  const family = await familyOf(roots)
  return family.reduce((sum, { ticks }) => sum + ticks, 0) / ticksPerSecond
}

/** Proportional set size of all processes below `roots`, in bytes: shared pages are counted once in all. */
export async function memoryBytes(roots: readonly number[]): Promise<number> {
  const sizes = await Promise.all((await familyOf(roots)).map(({ pid }) => proportionalSize(pid)))
  return sizes.reduce((sum, size) => sum + size, 0)
}

async function proportionalSize(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024
}

async function familyOf(roots: readonly number[]): Promise<readonly ProcessTimes[]> {
  const all = await allProcesses()
  const family = new Set(roots)
  for (let grew = true; grew;) {
    grew = false
    for (const { pid, parent } of all) {
      if (family.has(pid) || !family.has(parent)) continue
      family.add(pid)
      grew = true
    }
  }
  return all.filter(({ pid }) => family.has(pid))
}

async function allProcesses(): Promise<readonly ProcessTimes[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const found = await Promise.all(pids.map(timesOf))
  return found.filter((each) => each !== undefined)
}

async function timesOf(pid: number): Promise<ProcessTimes | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  // The name in parentheses may hold spaces: the fields begin after the last parenthesis.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [utime, stime, cutime, cstime] = fields.slice(11, 15).map(Number)
  const ticks = (utime ?? 0) + (stime ?? 0) + (cutime ?? 0) + (cstime ?? 0)
  return { pid, parent: Number(fields[1]), ticks }
}
