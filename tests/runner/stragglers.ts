import { readdir, readFile } from 'node:fs/promises'

/** A process that a test left behind. */
export interface Straggler {
  readonly pid: number
  readonly command: string
}

/**
 * Finds processes that belong to this run and still live: the run's folder stands in their environment or in
 * their command line. Linux only; elsewhere it finds none.
 */
export async function findStragglers(folder: string): Promise<readonly Straggler[]> {
  const names = await readdir('/proc').catch(() => [])
  const found: Straggler[] = []
  for (const name of names) {
    const pid = Number(name)
    if (!Number.isInteger(pid) || pid === process.pid) continue
    const command = await readProc(pid, 'cmdline')
    const belongs = command.includes(folder) || (await readProc(pid, 'environ')).includes(folder)
    if (belongs && command !== '') found.push({ pid, command: command.slice(0, 200) })
  }
  return found
}

/** Kills them; those that are gone meanwhile are no matter. */
export function killStragglers(stragglers: readonly Straggler[]): void {
  for (const { pid } of stragglers) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // ESRCH: it ended by itself.
    }
  }
}

async function readProc(pid: number, file: string): Promise<string> {
  const text = await readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '')
  return text.replaceAll('\0', ' ').trim()
}
