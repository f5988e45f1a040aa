import { networkInterfaces } from 'node:os'
import { isIP } from 'node:net'
import type { Config } from '@posthouse/config'
import { isSpecialAddress } from '@posthouse/delivery'
import type { Resolver } from '@posthouse/dns'
import { CliError } from '../cli-error.ts'

/**
 * Where the world reaches this server: what was said, else the public addresses that it listens on or has, else (behind
 * address translation) what its name leads to. Perhaps none.
 */
export async function publicAddresses(
  config: Config,
  resolver: Resolver,
  given: readonly string[] = [],
): Promise<readonly string[]> {
  for (const address of given) {
    if (isIP(address) === 0)
      throw new CliError('usage', 'usage.address', `"${address}" is no address`)
  }
  if (given.length > 0) return given
  const bound = config.bind.filter((address) => !isSpecialAddress(address))
  if (bound.length > 0) return bound
  const own = Object.values(networkInterfaces()).flatMap((all) => all ?? [])
  const present = own.map(({ address }) => address).filter((address) => !isSpecialAddress(address))
  if (present.length > 0) return [...new Set(present)]
  const answers = await Promise.all([resolver.a(config.hostname), resolver.aaaa(config.hostname)])
  return answers.flatMap((answer) => (answer.kind === 'records' ? answer.records : []))
}
