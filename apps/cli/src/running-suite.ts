import { existsSync } from 'node:fs'
import path from 'node:path'
import { environmentVariable } from '@posthouse/config/environment'
import { hasSystemFile } from '@posthouse/config/system-file'
import type { CommonOptions } from './command-options.ts'
import { readStatus, type SuiteStatus } from './up/state-file.ts'

/**
 * The suite that runs on the data folder, if that is plain to see: found without reading a configuration, which takes
 * longer than everything else that a command does. Nothing where a configuration file has a say.
 */
export async function runningSuite(options: CommonOptions): Promise<SuiteStatus | undefined> {
  const isConfigured = options.config !== undefined || environmentVariable('POSTHOUSE_CONFIG')
  if (isConfigured || environmentVariable('DATABASE_URL') !== undefined) return undefined
  const named = environmentVariable('POSTHOUSE_DATA')
  if (named === undefined && hasSystemFile()) return undefined
  const dataDir = path.resolve(named ?? 'var')
  if (existsSync(path.join(dataDir, 'posthouse.toml'))) return undefined
  return readStatus(dataDir)
}
