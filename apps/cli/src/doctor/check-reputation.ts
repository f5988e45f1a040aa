import { isIPv6 } from 'node:net'
import type { Resolver } from '@posthouse/dns'
import { reverseName } from '@posthouse/dns'
import { ok, type Check, type Finding } from './finding.ts'

/** Lists that receivers ask, with where one asks to be taken off. */
const lists = [
  { zone: 'zen.spamhaus.org', page: 'https://check.spamhaus.org/' },
  { zone: 'bl.spamcop.net', page: 'https://www.spamcop.net/bl.shtml' },
] as const

/** Whether our addresses stand on lists of senders of spam. */
export const checkReputation: Check = {
  area: 'reputation',
  isOutside: true,
  async run({ resolver, addresses }) {
    const all = addresses.flatMap((address) => lists.map((list) => ({ address, ...list })))
    return Promise.all(all.map((one) => findingOf(resolver, one)))
  },
}

async function findingOf(
  resolver: Resolver,
  {
    address,
    zone,
    page,
  }: { readonly address: string; readonly zone: string; readonly page: string },
): Promise<Finding> {
  const id = `reputation.${zone}:${address}`
  const name = reverseName(address).replace(
    isIPv6(address) ? /\.ip6\.arpa$/ : /\.in-addr\.arpa$/,
    '',
  )
  const answer = await resolver.a(`${name}.${zone}`)
  if (answer.kind === 'temporary') return { id, state: 'skipped', text: `${zone} does not answer` }
  const codes = answer.kind === 'records' ? answer.records : []
  // 127.255.255.0/24 says that the question was not allowed, anything outside 127/8 is no answer of a list.
  if (codes.some((code) => code.startsWith('127.255.255.') || !code.startsWith('127.'))) {
    return { id, state: 'skipped', text: `${zone} does not answer through this resolver` }
  }
  if (codes.length === 0) return ok(id, `${address} is not on ${zone}`)
  const why = 'Many servers refuse mail from addresses on it.'
  const next = `find out why, then ask to be taken off: ${page}`
  return { id, state: 'fail', text: `${address} is on ${zone} (${codes.join(', ')})`, why, next }
}
