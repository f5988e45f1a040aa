import { kind } from '../output/kind.ts'
import { boolean, dateTime, integer, listOf, optional, orNull, string } from '../output/shape.ts'

/** What `domain list` and `show` print, and what a change leaves behind. */
export const domainKind = kind('Domain', 'a domain whose mail is kept here', {
  domain: string,
  enabled: boolean,
  accounts: integer,
  aliases: integer,
  aliasOf: orNull(string),
  domainAliases: listOf(string),
  catchall: orNull(string),
  catchallSend: orNull(boolean),
  created: dateTime,
  dkim: optional(listOf(string)),
})

/** What `domain set` shows. */
export const domainSettingKind = kind('DomainSetting', 'a setting of a domain', {
  setting: string,
  value: string,
  values: string,
  about: string,
})
