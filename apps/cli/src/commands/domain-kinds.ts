import { kind } from '../output/kind.ts'
import { claim, count, listOf, optional, orNull, text, time } from '../output/shape.ts'

/** What `domain list` and `show` print, and what a change leaves behind. */
export const domainKind = kind('Domain', 'a domain whose mail is kept here', {
  domain: text,
  enabled: claim,
  accounts: count,
  aliases: count,
  aliasOf: orNull(text),
  domainAliases: listOf(text),
  catchall: orNull(text),
  catchallSend: orNull(claim),
  created: time,
  dkim: optional(listOf(text)),
})

/** What `domain set` shows. */
export const domainSettingKind = kind('DomainSetting', 'a setting of a domain', {
  setting: text,
  value: text,
  values: text,
  about: text,
})
