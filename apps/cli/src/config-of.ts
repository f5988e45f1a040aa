import { loadConfig, type Config, type ConfigSource } from '@posthouse/config'
import type { CommonOptions } from './command-options.ts'

/** The configuration that these options name. */
export function configOf(options: CommonOptions): Config {
  return loadConfig(sourceOf(options))
}

/** Where these options say that it stands. */
export function sourceOf({ config: file }: CommonOptions): ConfigSource {
  return file === undefined ? {} : { file }
}
