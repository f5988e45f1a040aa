import { askList, senderLists } from '@posthouse/delivery'
import type { Resolver } from '@posthouse/dns'
import { ok, type Check, type Finding } from './finding.ts'

/** Whether our addresses stand on lists of senders of spam. */
export const checkReputation: Check = {
  area: 'reputation',
  isOutside: true,
  async run({ resolver, addresses }) {
    const all = addresses.flatMap((address) => senderLists.map((list) => ({ address, ...list })))
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
  const listing = await askList(resolver, address, zone)
  if (listing.kind === 'unknown') return { id, state: 'skipped', text: listing.because }
  if (listing.kind === 'clear') return ok(id, `${address} is not on ${zone}`)
  const why = 'Many servers refuse mail from addresses on it.'
  const next = `find out why, then ask to be taken off: ${page}`
  return {
    id,
    state: 'fail',
    text: `${address} is on ${zone} (${listing.codes.join(', ')})`,
    why,
    next,
  }
}
