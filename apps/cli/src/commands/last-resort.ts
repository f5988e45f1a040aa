import type { Store } from '@posthouse/store'
import type { Terminal } from '../output/terminal.ts'

/** Says where mail for an address that nobody has any more goes from now on, if it goes anywhere. */
export async function tellOfLastResort(
  store: Pick<Store, 'resolve' | 'domains'>,
  terminal: Terminal,
  address: string,
): Promise<void> {
  if (!terminal.isTalking) return
  const found = await store.resolve(address)
  if (found.kind !== 'alias' || found.isCatchAll !== true) return
  const domain = await store.domains.show(address.slice(address.lastIndexOf('@') + 1))
  const where = domain?.catchAll?.address ?? 'the address of last resort'
  terminal.talk(`Mail for ${address} now goes to ${where}, which gets what nobody has.`)
}
