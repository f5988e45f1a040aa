import { parseAddressList } from '@posthouse/message'
import { type Rule, where } from '../rule.ts'
import { disguiseOf, readsAs } from '../view/confusables.ts'
import { domainOf, isSameOwner } from '../view/domains.ts'
import type { HeaderView } from './header-view.ts'

/** Who a message says it is from. */
export const senderRules: readonly Rule<HeaderView>[] = [
  {
    symbol: 'FROM_MISSING',
    points: 2.5,
    isOmission: true,
    // RFC 5322 §3.6: exactly one From field (and see the stage: such mail is kept aside).
    sees: ({ fromFields, from }) =>
      where(
        fromFields === 0 || (fromFields === 1 && from.length === 0),
        'There is no From field, or no address in it',
      ),
  },
  {
    symbol: 'FROM_SEVERAL_FIELDS',
    points: 3.5,
    sees: ({ fromFields }) =>
      where(fromFields > 1, `There are ${fromFields} From fields: readers show different ones`),
  },
  {
    symbol: 'FROM_MALFORMED',
    points: 1,
    sees: (v) =>
      where(v.fromFields === 1 && !v.isFromStrict, 'From is not written as RFC 5322 has it'),
  },
  {
    symbol: 'FROM_SEVERAL_ADDRESSES',
    points: 2,
    // RFC 5322 §3.6.2: Sender must then say who sent it.
    sees: ({ from, message }) =>
      where(
        from.length > 1 && message.field('sender').length === 0,
        `From names ${from.length} addresses and no Sender`,
      ),
  },
  {
    symbol: 'FROM_UNQUALIFIED',
    points: 1.5,
    sees: ({ from, fromDomain }) =>
      where(
        from.length > 0 && from[0]?.domain.startsWith('[') !== true && !fromDomain.includes('.'),
        () => `The domain of ${from[0]?.address ?? ''} cannot be anybody's`,
      ),
  },
  {
    symbol: 'FROM_DOMAIN_DISGUISED',
    points: 3.5,
    sees: ({ fromDomain }) => disguiseOf(fromDomain),
  },
  {
    symbol: 'FROM_LOOKS_LIKE_OURS',
    points: 4,
    sees: (v) => {
      if (!v.isInbound || v.fromDomain === '' || v.message.isOurs(v.fromDomain)) return undefined
      const ours = readsAs(v.fromDomain).find((reading) => v.message.isOurs(reading))
      return where(ours !== undefined, `${v.fromDomain} is easily read as ${ours}, which is here`)
    },
  },
  {
    symbol: 'REPLY_TO_ELSEWHERE',
    points: 0.4,
    sees: (v) =>
      where(
        !v.isList && foreignReply(v) !== undefined,
        `Replies go to ${foreignReply(v)}, not to ${v.fromDomain}`,
      ),
  },
  {
    symbol: 'REPLY_TO_FREE_MAIL',
    points: 1.2,
    sees: (v) => {
      const domain = foreignReply(v)
      const isFree = domain !== undefined && FREE_MAIL.has(domain) && !FREE_MAIL.has(v.fromDomain)
      return where(
        isFree,
        `Replies to ${v.fromDomain} go to a mailbox that anybody can have at ${domain}`,
      )
    },
  },
  {
    symbol: 'SENDER_ELSEWHERE',
    points: 0.3,
    sees: (v) => {
      const [sender] = v.message.field('sender').flatMap(parseAddressList)
      const domain = sender === undefined ? '' : domainOf(sender.address)
      const isOther = domain !== '' && v.fromDomain !== '' && !isSameOwner(domain, v.fromDomain)
      return where(!v.isList && isOther, `Sender is at ${domain}, From at ${v.fromDomain}`)
    },
  },
  {
    symbol: 'ENVELOPE_ELSEWHERE',
    points: 0.2,
    sees: (v) => {
      const domain = domainOf(v.message.sender)
      const isOther = domain !== '' && v.fromDomain !== '' && !isSameOwner(domain, v.fromDomain)
      return where(
        v.isInbound && !v.isList && isOther,
        `MAIL FROM is at ${domain}, From at ${v.fromDomain}`,
      )
    },
  },
  {
    symbol: 'TO_MISSING',
    points: 0.4,
    isOmission: true,
    sees: ({ message }) =>
      where(
        message.field('to').length === 0 && message.field('cc').length === 0,
        'Neither To nor Cc names anybody',
      ),
  },
]

/** The domain replies go to, where it is not the sender's own. */
function foreignReply({ replyTo, fromDomain }: HeaderView): string | undefined {
  const domain = replyTo[0] === undefined ? '' : domainOf(replyTo[0].address)
  return domain === '' || fromDomain === '' || isSameOwner(domain, fromDomain) ? undefined : domain
}

/** Where a mailbox takes a minute to make. */
const FREE_MAIL: ReadonlySet<string> = new Set([
  'gmail.com',
  'googlemail.com',
  'outlook.com',
  'hotmail.com',
  'live.com',
  'msn.com',
  'yahoo.com',
  'ymail.com',
  'rocketmail.com',
  'aol.com',
  'gmx.de',
  'gmx.net',
  'gmx.com',
  'web.de',
  'mail.ru',
  'list.ru',
  'bk.ru',
  'inbox.ru',
  'yandex.ru',
  'yandex.com',
  'proton.me',
  'protonmail.com',
  'tutanota.com',
  'icloud.com',
  'qq.com',
  '163.com',
  '126.com',
  'naver.com',
  'mail.com',
  'rediffmail.com',
])
