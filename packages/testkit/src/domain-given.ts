import type { Domains } from '@posthouse/store'
import { testActor } from './suite.ts'

/**
 * Makes what `given` lines about domains ask for: `domain-alias NAME OF`, `catch-all NAME ADDRESS [--no-send]`,
 * `disabled-domain NAME`.
 */
export async function makeDomainGiven(
  domains: Domains,
  what: 'domain-alias' | 'catch-all' | 'disabled-domain',
  name: string,
  [other = '', option]: readonly string[],
): Promise<void> {
  switch (what) {
    case 'domain-alias': {
      const made = await domains.addAlias(name, other, testActor)
      if (!made.ok) throw new Error(`${name} is no alias of ${other}: ${made.reason}`)
      return
    }
    case 'catch-all': {
      const change = { catchAll: { address: other }, catchAllMaySend: option !== '--no-send' }
      const outcome = await domains.change(name, change, testActor)
      if (outcome !== 'done') throw new Error(`no address of last resort ${other}: ${outcome}`)
      return
    }
    case 'disabled-domain':
      await domains.setEnabled(name, false, testActor)
  }
}
