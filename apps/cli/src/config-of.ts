import { loadConfig, type Config } from '@posthouse/config'
import type { CommonOptions } from './command-options.ts'

/** The configuration that these options name. */
export function configOf({ config: file }: CommonOptions): Config {
  return loadConfig(file === undefined ? {} : { file })
}
