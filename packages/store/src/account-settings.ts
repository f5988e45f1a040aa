import { imapExtension } from '@posthouse/config/imap-extensions'
import type { Actor } from './audit.ts'
import { readPoints } from './filter-settings-specs.ts'
import type { AccountId } from './ids.ts'

/** What one setting may be. */
export interface SettingSpec<Value> {
  /** What it is about, for people. */
  readonly about: string
  /** What may be written, for people. */
  readonly values: string
  /** While nothing else is set. */
  readonly fallback: Value
  /** Undefined: not one of its values. */
  read(text: string): Value | undefined
}

/** Every setting of an account: the one list, from which the command line and its help are made. */
export const settingSpecs = {
  'pop3.delete': choice(
    'What DELE comes to at QUIT: expunged, moved to Trash, or kept and no longer shown to POP3',
    ['expunge', 'trash', 'hide'],
  ),
  'pop3.seen': choice('Whether what RETR has fetched is \\Seen after QUIT', ['no', 'yes']),
  'pop3.sessions': choice('POP3 sessions at a time', ['several', 'one']),
  'pop3.uidl': choice("Unique ids as ours, or as Dovecot's %08Xu%08Xv", ['posthouse', 'dovecot']),
  'pop3.login-delay': seconds('Seconds between two POP3 sign-ins', 86_400),
  'imap.without': extensions('Extensions of IMAP that its clients are not offered'),
  'send.messages-per-day': dailyMost('Messages that it may send in a day', 1_000),
  'send.new-recipients-per-day': dailyMost(
    'Recipients a day that it has never written to before: few have more, and nobody who sends spam has less',
    200,
  ),
  'send.sender': choice(
    'From with several authors and no Sender: the account is added as the Sender, or the message refused',
    ['add', 'refuse'],
  ),
  'send.verp': choice(
    'Whether the envelope sender names the recipient (ada+bob=there.test@…), so that bounces tell by their address whom they are about',
    ['no', 'yes'],
  ),
  'filter.junk': ownPoints('Points from which on its mail goes to Junk'),
  'filter.quarantine': ownPoints('Points from which on its mail is kept aside'),
} as const

/** The name of a setting. */
export type SettingName = keyof typeof settingSpecs

/** The settings of one account, defaults filled in. */
export type AccountSettings = {
  readonly [Name in SettingName]: (typeof settingSpecs)[Name]['fallback']
}

/** All names, in the order in which they are listed. */
export const settingNames: readonly SettingName[] = [
  'pop3.delete',
  'pop3.seen',
  'pop3.sessions',
  'pop3.uidl',
  'pop3.login-delay',
  'imap.without',
  'send.messages-per-day',
  'send.new-recipients-per-day',
  'send.sender',
  'send.verp',
  'filter.junk',
  'filter.quarantine',
]

/** A setting as it is to be; undefined: back to its default. */
export interface SettingChange {
  readonly name: SettingName
  readonly value: string | undefined
}

/** What came of reading `name=value`. */
export type SettingReading =
  | { readonly ok: true; readonly change: SettingChange }
  | { readonly ok: false; readonly reason: 'form' | 'name' }
  | { readonly ok: false; readonly reason: 'value'; readonly name: SettingName }

/** Reads `name=value`; `name=` stands for the default. */
export function readSettingChange(text: string): SettingReading {
  const at = text.indexOf('=')
  if (at === -1) return { ok: false, reason: 'form' }
  const name = settingNames.find((each) => each === text.slice(0, at))
  if (name === undefined) return { ok: false, reason: 'name' }
  const value = text.slice(at + 1)
  if (value === '') return { ok: true, change: { name, value: undefined } }
  const isRight = settingSpecs[name].read(value) !== undefined
  return isRight ? { ok: true, change: { name, value } } : { ok: false, reason: 'value', name }
}

/** Settings from their stored texts. One that this version does not understand is at its default. */
export function settingsOf(stored: ReadonlyMap<string, string>): AccountSettings {
  const value = <Value>(name: SettingName, spec: SettingSpec<Value>): Value =>
    spec.read(stored.get(name) ?? '') ?? spec.fallback
  return {
    'pop3.delete': value('pop3.delete', settingSpecs['pop3.delete']),
    'pop3.seen': value('pop3.seen', settingSpecs['pop3.seen']),
    'pop3.sessions': value('pop3.sessions', settingSpecs['pop3.sessions']),
    'pop3.uidl': value('pop3.uidl', settingSpecs['pop3.uidl']),
    'pop3.login-delay': value('pop3.login-delay', settingSpecs['pop3.login-delay']),
    'imap.without': value('imap.without', settingSpecs['imap.without']),
    'send.messages-per-day': value('send.messages-per-day', settingSpecs['send.messages-per-day']),
    'send.new-recipients-per-day': value(
      'send.new-recipients-per-day',
      settingSpecs['send.new-recipients-per-day'],
    ),
    'send.sender': value('send.sender', settingSpecs['send.sender']),
    'send.verp': value('send.verp', settingSpecs['send.verp']),
    'filter.junk': value('filter.junk', settingSpecs['filter.junk']),
    'filter.quarantine': value('filter.quarantine', settingSpecs['filter.quarantine']),
  }
}

/** Settings of accounts. A change holds for sessions that begin after it. */
export interface AllAccountSettings {
  of(account: AccountId): Promise<AccountSettings>
  change(
    address: string,
    changes: readonly SettingChange[],
    by: Actor,
  ): Promise<'done' | 'not-found'>
  /** The longest `pop3.login-delay` of any account, 0 where nobody has one. */
  longestLoginDelay(): Promise<number>
}

/** One of several words; the first is the default. */
function choice<const Word extends string>(
  about: string,
  words: readonly [Word, ...Word[]],
): SettingSpec<Word> {
  return {
    about,
    values: words.join(', '),
    fallback: words[0],
    read: (text) => words.find((word) => word === text),
  }
}

/** Capabilities, with commas between them. */
function extensions(about: string): SettingSpec<readonly string[]> {
  return {
    about,
    values: 'capabilities with commas, such as COMPRESS=DEFLATE,IDLE',
    fallback: [],
    read(text) {
      const names = text.split(',').map(imapExtension)
      return names.includes(undefined) ? undefined : names.filter((name) => name !== undefined)
    },
  }
}

/** Points of the filter; undefined: as everybody's (`posthouse filter status`). */
function ownPoints(about: string): SettingSpec<number | undefined> {
  return {
    about: `${about}, where it is otherwise than everybody's`,
    values: 'points (0.5 to 1000) or never',
    fallback: undefined,
    read: readPoints,
  }
}

function seconds(about: string, most: number): SettingSpec<number> {
  return {
    about,
    values: `0 to ${most}`,
    fallback: 0,
    read: (text) => (/^\d{1,5}$/.test(text) && Number(text) <= most ? Number(text) : undefined),
  }
}

/** So many, or as many as it likes. */
function dailyMost(about: string, fallback: number): SettingSpec<number | 'unlimited'> {
  return {
    about,
    values: '0 to 1000000 or unlimited',
    fallback,
    read(text) {
      if (text === 'unlimited') return text
      return /^\d{1,7}$/.test(text) && Number(text) <= 1_000_000 ? Number(text) : undefined
    },
  }
}
