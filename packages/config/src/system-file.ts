import { statSync } from 'node:fs'

/** The machine's own installation: what `posthouse setup` makes as root. */
export const systemFile = '/etc/posthouse/posthouse.toml'

/** Whether the machine has one. One that may not be looked at is there, too. */
export function hasSystemFile(file = systemFile): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) !== undefined
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EACCES'
  }
}
