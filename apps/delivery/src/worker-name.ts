import { randomBytes } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/**
 * A worker's name in the queue: `host/kernel/pid/start/random`. Kernel is this boot and this process
 * namespace, start the process's start time, so that a process on the same kernel can tell for sure
 * whether the one named is gone. Where the system does not tell, both are empty.
 */
export function workerName(): string {
  const random = randomBytes(4).toString('hex')
  return [hostname(), kernel(), process.pid, startOf(process.pid) ?? '', random].join('/')
}

/** Whether the process that took this name is known to be gone; false when it cannot be told. */
export function isKnownDead(name: string): boolean {
  const [, where = '', pid = '', start = ''] = name.split('/')
  if (where === '' || where !== kernel() || start === '' || !/^[1-9]\d*$/.test(pid)) return false
  return startOf(Number(pid)) !== start
}

function kernel(): string {
  const boot = readOr(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim())
  const namespace = readOr(() => readlinkSync('/proc/self/ns/pid'))
  return boot === '' || namespace === '' ? '' : `${boot}.${namespace.replaceAll(/\D/g, '')}`
}

/** In ticks since boot (proc(5), stat, field 22); undefined when there is no such process, or it only waits to be reaped. */
function startOf(pid: number): string | undefined {
  const stat = readOr(() => readFileSync(`/proc/${pid}/stat`, 'latin1'))
  // The second field, the program's name in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
}

function readOr(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}
