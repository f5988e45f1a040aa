import type { AccountId, Store } from '@posthouse/store'

/**
 * Whether an account may use an address, in the envelope and in From: its own, with any `+tag`, and
 * every alias that leads to it (so that a team can write as the team).
 */
export async function ownsAddresses(
  store: Pick<Store, 'resolveAll'>,
  account: AccountId,
  addresses: readonly string[],
): Promise<boolean> {
  const found = await store.resolveAll([...new Set(addresses)])
  return found.every((one) => {
    if (one.kind === 'local') return one.account.account === account
    if (one.kind === 'alias') return one.accounts.some((member) => member.account === account)
    return false
  })
}
