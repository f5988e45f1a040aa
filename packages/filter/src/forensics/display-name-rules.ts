import { type Rule, where } from '../rule.ts'
import { invisibleIn, mixedWord } from '../view/confusables.ts'
import { asciiDomain, domainOf, hasKnownSuffix, isSameOwner } from '../view/domains.ts'
import type { HeaderView } from './header-view.ts'

/** What the sender's name claims: many mail programs show nothing else. */
export const displayNameRules: readonly Rule<HeaderView>[] = [
  {
    symbol: 'FROM_NAME_IS_OURS',
    points: 2.5,
    // Services that write for somebody put that address in the name, so it cannot be Junk by itself.
    sees: (v) => {
      const named = v.isInbound
        ? namedDomains(v).find((domain) => v.message.isOurs(domain))
        : undefined
      return where(
        named !== undefined && !v.message.isOurs(v.fromDomain),
        `The name beside ${v.fromDomain} says ${named}, which is here`,
      )
    },
  },
  {
    symbol: 'FROM_NAME_IS_ANOTHER_ADDRESS',
    points: 2,
    sees: (v) => {
      const address = ADDRESS.exec(v.fromName)?.[0]
      const domain = address === undefined ? '' : domainOf(address)
      const isOther =
        domain !== '' &&
        v.fromDomain !== '' &&
        !isSameOwner(domain, v.fromDomain) &&
        !v.message.isOurs(domain)
      // Lists rewrite From and keep the author's address in the name.
      return where(
        isOther && !v.isList,
        `The name says ${address}, the address is at ${v.fromDomain}`,
      )
    },
  },
  {
    symbol: 'FROM_NAME_IS_ANOTHER_DOMAIN',
    points: 0.4,
    sees: (v) => {
      if (v.fromDomain === '' || v.fromName.includes('@') || v.isList) return undefined
      const other = namedDomains(v).find(
        (domain) => !isSameOwner(domain, v.fromDomain) && !v.message.isOurs(domain),
      )
      return where(other !== undefined, `The name says ${other}, the address is at ${v.fromDomain}`)
    },
  },
  {
    symbol: 'FROM_NAME_DISGUISED',
    points: 2.5,
    sees: ({ fromName }) => {
      const word = mixedWord(fromName)
      if (word !== undefined) return `The sender's name mixes scripts in "${word}"`
      const mark = invisibleIn(fromName)
      return where(mark !== undefined, `The sender's name holds the invisible ${mark}`)
    },
  },
]

/** What looks like a domain of somebody in a display name. */
function namedDomains({ fromName, message }: HeaderView): readonly string[] {
  const found = (fromName.match(DOMAIN) ?? []).map(asciiDomain)
  return found.filter(
    (domain) => domain !== '' && (message.isOurs(domain) || hasKnownSuffix(domain)),
  )
}

const ADDRESS = /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}/
const DOMAIN = /[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,8}/gu
