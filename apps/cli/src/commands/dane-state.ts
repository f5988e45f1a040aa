import { knownDnssec } from '@posthouse/delivery'
import { createResolver } from '@posthouse/dns'
import type { CommonOptions } from '../command-options.ts'
import { configOf } from '../config-of.ts'

/** Whether DANE can be used, which hangs on the DNS servers alone; undefined where they do not say so in a second. */
export async function daneState(options: CommonOptions): Promise<'on' | 'off' | undefined> {
  const { state } = await knownDnssec(createResolver(configOf(options).dns), 1_000)
  if (state === 'unknown') return undefined
  return state === 'validating' ? 'on' : 'off'
}
