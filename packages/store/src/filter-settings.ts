import type { SettingSpec } from './account-settings.ts'
import type { Actor } from './audit.ts'
import type { FilterRules } from './filter-settings-rules.ts'
import {
  attachments,
  choice,
  count,
  domains,
  httpUrl,
  names,
  onFailure,
  points,
  socketAddress,
  weight,
} from './filter-settings-specs.ts'
import type { AccountId } from './ids.ts'

/** Every setting of the filter: the one list, from which the command line and its help are made. */
const specs = {
  'inbound.tag': points('Points from which on mail says so in its header', 4),
  'inbound.junk': points('Points from which on mail goes to Junk', 6),
  'inbound.quarantine': points('Points from which on mail is kept aside', Infinity),
  'inbound.reject': points('Points from which on mail is refused', 15),
  'outbound.tag': points('Of mail from our own users: a header that says so', Infinity),
  'outbound.reject': points('Of mail from our own users: refused to whoever sends it', 15),
  'attachments.executable': attachments('Programs', 'reject'),
  'attachments.script': attachments('Scripts', 'reject'),
  'attachments.shortcut': attachments('Shortcuts that start something', 'reject'),
  'attachments.disk-image': attachments('Disk images', 'quarantine'),
  'attachments.macros': attachments('Office files with macros', 'quarantine'),
  'attachments.archived-executable': attachments('Archives with programs in them', 'quarantine'),
  'attachments.archived-script': attachments('Archives with scripts in them', 'tag'),
  'attachments.encrypted-archive': attachments('Archives that nobody can look into', 'tag'),
  'attachments.uninspected-archive': attachments(
    'Archives of kinds that are not looked into',
    'tag',
  ),
  'attachments.active-content': attachments('HTML and SVG with scripts', 'quarantine'),
  'attachments.disguise': attachments('Files that are not what their name says', 'quarantine'),
  'attachments.limit': attachments(
    'Archives too deep or too large to be looked into',
    'quarantine',
  ),
  'virus.action': choice('What is done with a virus', ['reject', 'quarantine']),
  authentication: choice('Whether SPF, DKIM, DMARC and ARC of mail from the world are checked', [
    'on',
    'off',
  ]),
  'stages.off': names('Stages of the filter that are not asked; all: none is'),
  greylist: choice(
    'Whether strangers for whom nothing vouches wait once, where the verdict is in doubt',
    ['off', 'on'],
  ),
  'arc.sealers': domains('Domains whose ARC seals are believed'),
  'clamd.address': socketAddress('Where clamd listens; empty: no virus scanner'),
  'clamd.max-bytes': count(
    'What clamd takes: its StreamMaxLength, in octets',
    26_214_400,
    [1_024, 4_000_000_000],
  ),
  'clamd.on-failure': onFailure('While clamd does not answer', 'defer'),
  'clamd.too-large': choice('Mail larger than clamd takes: noted, or as if clamd failed', [
    'note',
    'fail',
  ]),
  'rspamd.url': httpUrl('Where rspamd listens; empty: not asked'),
  'rspamd.on-failure': onFailure('While rspamd does not answer', 'pass'),
  'rspamd.weight': weight('What a point of rspamd counts', 1),
  'spamd.address': socketAddress('Where spamd listens; empty: not asked'),
  'spamd.on-failure': onFailure('While spamd does not answer', 'pass'),
  'spamd.weight': weight('What a point of SpamAssassin counts', 1),
  // Not longer than the verdicts that say why (trace-partitions.ts).
  'quarantine.days': count('Days that mail is kept aside', 30, [1, 30]),
} as const

/** The name of a setting. */
export type FilterSettingName = keyof typeof specs

/** What each setting may be. Points of Infinity: never. */
export type FilterSettingValues = {
  readonly [Name in FilterSettingName]: (typeof specs)[Name]['fallback']
}

/** What may be written for each setting, and what it is about. */
export const filterSettingSpecs: {
  readonly [Name in FilterSettingName]: SettingSpec<FilterSettingValues[Name]>
} = specs

/** The filter's settings at one moment. */
export class FilterSettings {
  readonly #stored: ReadonlyMap<string, string>

  /** From their stored texts. One that this version does not understand is at its default. */
  constructor(stored: ReadonlyMap<string, string> = new Map()) {
    this.#stored = stored
  }

  /** A setting's value; its default where nothing else is set. */
  get<Name extends FilterSettingName>(name: Name): FilterSettingValues[Name] {
    const text = this.#stored.get(name)
    const spec = filterSettingSpecs[name]
    return (text === undefined ? undefined : spec.read(text)) ?? spec.fallback
  }

  /** True where all is as in others. */
  equals(other: FilterSettings): boolean {
    const others = other.#stored
    const same = [...this.#stored].every(([name, text]) => others.get(name) === text)
    return same && others.size === this.#stored.size
  }

  /** True where it is set, even to what is its default anyway. */
  isSet(name: FilterSettingName): boolean {
    return this.#stored.has(name)
  }
}

/** All names, in the order in which they are listed. */
export const filterSettingNames: readonly FilterSettingName[] =
  Object.keys(specs).filter(isFilterSetting)

function isFilterSetting(name: string): name is FilterSettingName {
  return Object.hasOwn(specs, name)
}

/** A setting as it is to be; undefined: back to its default. */
export interface FilterSettingChange {
  readonly name: FilterSettingName
  readonly value: string | undefined
}

/** What came of reading `name=value`. */
export type FilterSettingReading =
  | { readonly ok: true; readonly change: FilterSettingChange }
  | { readonly ok: false; readonly reason: 'form' | 'name' }
  | { readonly ok: false; readonly reason: 'value'; readonly name: FilterSettingName }

/** Reads `name=value`; `name=` stands for the default. */
export function readFilterSetting(text: string): FilterSettingReading {
  const at = text.indexOf('=')
  if (at === -1) return { ok: false, reason: 'form' }
  const name = text.slice(0, at)
  if (!isFilterSetting(name)) return { ok: false, reason: 'name' }
  const value = text.slice(at + 1)
  if (value === '') return { ok: true, change: { name, value: undefined } }
  const isRight = filterSettingSpecs[name].read(value) !== undefined
  return isRight ? { ok: true, change: { name, value } } : { ok: false, reason: 'value', name }
}

/** What a recipient has otherwise than the installation, and the lists that hold for it: its own, then everybody's. */
export interface AccountFilter {
  readonly junk?: number
  readonly quarantine?: number
  /** Domains (A-labels) and addresses. */
  readonly allowed: readonly string[]
  readonly blocked: readonly string[]
}

/** The filter's settings and lists of senders. Reads are from memory; a change counts in every process at once. */
export interface FilterSettingStore extends FilterRules {
  /** The same object until something changes. */
  current(): Promise<FilterSettings>
  /** For each of these accounts. */
  forAccounts(accounts: readonly AccountId[]): Promise<ReadonlyMap<AccountId, AccountFilter>>
  /** Calls the listener when `current` may have become another, until the returned function is called. */
  onChange(listener: () => void): () => void
  change(changes: readonly FilterSettingChange[], by: Actor): Promise<void>
}
