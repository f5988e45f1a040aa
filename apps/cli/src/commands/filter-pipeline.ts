import { createResolver } from '@posthouse/dns'
import { dnsLists, type Stage } from '@posthouse/filter'
import { stagesFor } from '@posthouse/reception'
import type { FilterSettings, Store } from '@posthouse/store'
import { silentLog } from '@posthouse/telemetry'
import type { CommonOptions } from '../command-options.ts'
import { configOf } from '../config-of.ts'

/** Stages that count what they see: a message that is tried must not be one more that came. */
const counting: readonly string[] = ['similarity', 'greylist']

/** The stages that the apps look at mail with, by these settings. */
export function stagesOf(
  store: Store,
  settings: FilterSettings,
  options: CommonOptions,
): readonly Stage[] {
  const config = configOf(options)
  const resolver = createResolver(config.dns)
  const lists = dnsLists(config.lists, { resolver, log: silentLog })
  return stagesFor(settings, { store, lists }).stages
}

/** Those of them that leave no trace. */
export function looksOf(
  store: Store,
  settings: FilterSettings,
  options: CommonOptions,
): readonly Stage[] {
  return stagesOf(store, settings, options).filter(({ name }) => !counting.includes(name))
}
