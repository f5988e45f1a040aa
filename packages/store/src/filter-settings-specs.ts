import type { SettingSpec } from './account-settings.ts'
import { domainKey } from './address.ts'

/** Points from which on something happens; `never` is Infinity. */
export function points(about: string, fallback: number): SettingSpec<number> {
  return { about, values: 'points (0.5 to 1000) or never', fallback, read: readPoints }
}

/** Undefined: no points. */
export function readPoints(text: string): number | undefined {
  if (text === 'never') return Infinity
  const value = /^\d{1,4}(\.\d{1,2})?$/.test(text) ? Number(text) : 0
  return value >= 0.5 && value <= 1000 ? value : undefined
}

/** One of several words; the first is the default. */
export function choice<const Word extends string>(
  about: string,
  words: readonly [Word, ...Word[]],
  fallback: Word = words[0],
): SettingSpec<Word> {
  return {
    about,
    values: words.join(', '),
    fallback,
    read: (text) => words.find((word) => word === text),
  }
}

/** What is done with attachments of a kind. `pass`: it speaks for nothing. */
export type AttachmentAction = 'reject' | 'quarantine' | 'tag' | 'pass'

/** For a kind of attachments. */
export function attachments(
  about: string,
  fallback: AttachmentAction,
): SettingSpec<AttachmentAction> {
  return choice(about, ['reject', 'quarantine', 'tag', 'pass'], fallback)
}

/** What counts where a stage can not look: the message waits, is marked, or nothing. */
export type FailureAction = 'defer' | 'tag' | 'pass'

/** For a service that does not answer. */
export function onFailure(about: string, fallback: FailureAction): SettingSpec<FailureAction> {
  return choice(about, ['defer', 'tag', 'pass'], fallback)
}

/** Names, with commas between them. */
export function names(about: string): SettingSpec<readonly string[]> {
  return {
    about,
    values: 'names with commas',
    fallback: [],
    read(text) {
      const list = text.split(',')
      return list.every((name) => /^[a-z][a-z0-9-]{0,40}$/.test(name)) ? list : undefined
    },
  }
}

/** Domains, with commas between them, as A-labels. */
export function domains(about: string): SettingSpec<readonly string[]> {
  return {
    about,
    values: 'domains with commas',
    fallback: [],
    read(text) {
      const list = text.split(',').map(domainKey)
      return list.includes(undefined) ? undefined : list.filter((name) => name !== undefined)
    },
  }
}

/** `HOST:PORT`, `[IPv6]:PORT` or `unix:/PATH`; empty: none. */
export function socketAddress(about: string): SettingSpec<string> {
  const form = /^(unix:\/[^\s\0]{1,200}|(\[[0-9a-f:.]{2,45}\]|[a-z0-9.-]{1,253}):\d{1,5})$/i
  return {
    about,
    values: 'HOST:PORT, [IPv6]:PORT or unix:/PATH',
    fallback: '',
    read: (text) => (form.test(text) ? text : undefined),
  }
}

/** An HTTP URL without a user in it; empty: none. */
export function httpUrl(about: string): SettingSpec<string> {
  return {
    about,
    values: 'http://HOST:PORT',
    fallback: '',
    read(text) {
      const url = URL.canParse(text) ? new URL(text) : undefined
      const isHttp = url !== undefined && /^https?:$/.test(url.protocol)
      return isHttp && url.username === '' && url.password === '' ? text : undefined
    },
  }
}

/** A whole number. */
export function count(
  about: string,
  fallback: number,
  [least, most]: readonly [number, number],
): SettingSpec<number> {
  return {
    about,
    values: `${least} to ${most}`,
    fallback,
    read(text) {
      const value = /^\d{1,10}$/.test(text) ? Number(text) : -1
      return value >= least && value <= most ? value : undefined
    },
  }
}

/** What a foreign point counts. */
export function weight(about: string, fallback: number): SettingSpec<number> {
  return {
    about,
    values: '0 to 10',
    fallback,
    read: (text) => (/^\d(\.\d{1,3})?$|^10$/.test(text) ? Number(text) : undefined),
  }
}
