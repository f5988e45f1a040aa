import type { Store } from '@posthouse/store'
import { domainOf } from './domain-of.ts'

/** The domain that is switched off on the way of an address; undefined where it is not a domain that stops its mail. */
export async function disabledDomain(
  store: Pick<Store, 'trail'>,
  address: string,
): Promise<string | undefined> {
  const { steps } = await store.trail(address)
  const off = steps.find(({ kind }) => kind === 'disabled-domain')
  return off === undefined ? undefined : domainOf(off.address)
}
