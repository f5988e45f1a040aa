import type { Store } from '@posthouse/store'
import type { Finding } from './finding.ts'

/** Domains whose address of last resort takes no mail: it was somebody when it was set. */
export async function lastResortsOf(store: Store): Promise<readonly Finding[]> {
  const domains = await store.domains.list()
  const set = domains.flatMap(({ name, isDisabled, catchAll }) =>
    catchAll === undefined || isDisabled ? [] : [{ name, address: catchAll.address }],
  )
  const found = await store.resolveAll(set.map(({ address }) => address))
  return set.flatMap(({ name, address }, i): readonly Finding[] => {
    const kind = found[i]?.kind
    if (kind === 'local' || kind === 'alias') return []
    const words = kind === 'disabled' ? 'is disabled' : 'leads nowhere'
    return [
      {
        id: `accounts.catchall:${name}`,
        state: 'warn',
        text: `${address}, which gets what nobody of ${name} has, ${words}`,
        why: 'Such mail is refused.',
        next: `posthouse domain set ${name} catchall=`,
      },
    ]
  })
}
