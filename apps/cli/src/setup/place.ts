import { existsSync } from 'node:fs'
import path from 'node:path'
import { environmentVariable } from '@posthouse/config/environment'
import { systemFile } from '@posthouse/config/system-file'

/** Where an installation lives. */
export interface Place {
  /** The configuration file. */
  readonly configFile: string
  /** The data folder. */
  readonly dataDir: string
  /** Both are the machine's, and the server may be one of its services. */
  readonly isSystem: boolean
}

/** Root's installations are the machine's, unless a folder is named; others live in one folder. */
export function placeOf(folder: string | undefined): Place {
  const named = folder ?? environmentVariable('POSTHOUSE_DATA')
  if (named === undefined && process.getuid?.() === 0) {
    const configFile = environmentVariable('POSTHOUSE_CONFIG') ?? systemFile
    return { configFile, dataDir: '/var/lib/posthouse', isSystem: true }
  }
  const dataDir = path.resolve(named ?? 'var')
  const configFile = environmentVariable('POSTHOUSE_CONFIG') ?? path.join(dataDir, 'posthouse.toml')
  return { configFile, dataDir, isSystem: false }
}

/** Whether systemd runs this machine. */
export function hasSystemd(): boolean {
  return existsSync('/run/systemd/system')
}
