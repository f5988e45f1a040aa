import { domainToUnicode } from 'node:url'

/**
 * The scripts of a text's letters; marks and what belongs to no script are left out. Japanese and Korean are written in several
 * scripts, which count as one (UTS 39 §5.1).
 */
export function scriptsOf(text: string): ReadonlySet<string> {
  const found = new Set<string>()
  if (ASCII.test(text)) {
    if (/[a-z]/i.test(text)) found.add('Latin')
    return found
  }
  for (const [name, pattern] of SCRIPTS) if (pattern.test(text)) found.add(name)
  return found
}

/** A word in which letters that look alike come from two scripts; undefined where there is none. */
export function mixedWord(text: string): string | undefined {
  if (ASCII.test(text)) return undefined
  for (const [word] of text.matchAll(WORD)) {
    const scripts = scriptsOf(word)
    if (ALIKE.filter((script) => scripts.has(script)).length > 1) return word
  }
  return undefined
}

/** Characters that nobody sees, or that turn the direction of what follows; joiners of emoji and of Indic and Persian excepted. */
export function invisibleIn(text: string): string | undefined {
  const found = INVISIBLE.exec(text)
  return found === null
    ? undefined
    : `U+${(found[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

/** ASCII that a text would be read as, letter for letter. */
export function skeleton(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase()
  const letters = text.normalize('NFKC').toLowerCase().normalize('NFD').replace(/\p{M}/gu, '')
  return letters.replace(/[^\0-\x7f]/gu, (character) => LOOKS_LIKE.get(character) ?? character)
}

/**
 * How a domain (A-labels) pretends to be another: letters of several scripts in one label, or of another script that read as
 * ASCII from end to end. Undefined where it does not. An accent alone is no disguise: it is how the name is written.
 */
export function disguiseOf(domain: string): string | undefined {
  if (!domain.includes('xn--')) return undefined
  const shown = domainToUnicode(domain)
  for (const label of shown.split('.')) {
    if (ASCII.test(label)) continue
    if (mixedWord(label) !== undefined) return `${shown} mixes scripts`
    if (!scriptsOf(label).has('Latin') && ASCII.test(skeleton(label)))
      return `${shown} reads as ${skeleton(shown)}`
  }
  return undefined
}

/** ASCII names that a hasty reader takes a domain for: what it reads as, and with look-alike characters undone. */
export function readsAs(domain: string): readonly string[] {
  const plain = skeleton(domain.includes('xn--') ? domainToUnicode(domain) : domain)
  const readings = new Set([plain])
  for (const [seen, meant] of HASTY) {
    const before = [...readings]
    for (const reading of before) readings.add(reading.replaceAll(seen, meant))
  }
  readings.delete(domain)
  return [...readings]
}

const ASCII = /^[\0-\x7f]*$/
const WORD = /[\p{L}\p{N}\p{M}]+/gu
const SCRIPTS: readonly (readonly [string, RegExp])[] = [
  ['Latin', /\p{Script=Latin}/u],
  ['Cyrillic', /\p{Script=Cyrillic}/u],
  ['Greek', /\p{Script=Greek}/u],
  ['Armenian', /\p{Script=Armenian}/u],
  ['Cherokee', /\p{Script=Cherokee}/u],
  [
    'East Asian',
    /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}]/u,
  ],
  ['Arabic', /\p{Script=Arabic}/u],
  ['Hebrew', /\p{Script=Hebrew}/u],
  ['Thai', /\p{Script=Thai}/u],
  ['Devanagari', /\p{Script=Devanagari}/u],
]
/** Scripts whose letters are taken for one another's. */
const ALIKE = ['Latin', 'Cyrillic', 'Greek', 'Armenian', 'Cherokee'] as const
/** Soft hyphen, zero-width space, word joiner and friends, directional marks that override, fillers, byte order mark inside. */
const INVISIBLE =
  /\u034f|[\u00ad\u115f\u1160\u17b4\u17b5\u180e\u200b\u202a-\u202e\u2060-\u2064\u2066-\u206f\u3164\ufeff\uffa0]/
/** Letters as they look in common fonts; only what is mistaken for ASCII at first sight. */
const LOOKS_LIKE: ReadonlyMap<string, string> = new Map([
  ['а', 'a'],
  ['ɑ', 'a'],
  ['α', 'a'],
  ['ь', 'b'],
  ['с', 'c'],
  ['ϲ', 'c'],
  ['ԁ', 'd'],
  ['е', 'e'],
  ['ҽ', 'e'],
  ['ɡ', 'g'],
  ['һ', 'h'],
  ['հ', 'h'],
  ['і', 'i'],
  ['ı', 'i'],
  ['ι', 'i'],
  ['ј', 'j'],
  ['ϳ', 'j'],
  ['к', 'k'],
  ['κ', 'k'],
  ['ӏ', 'l'],
  ['ⅼ', 'l'],
  ['ո', 'n'],
  ['п', 'n'],
  ['о', 'o'],
  ['ο', 'o'],
  ['օ', 'o'],
  ['р', 'p'],
  ['ρ', 'p'],
  ['ԛ', 'q'],
  ['г', 'r'],
  ['ѕ', 's'],
  ['т', 't'],
  ['τ', 't'],
  ['υ', 'u'],
  ['ս', 'u'],
  ['ѵ', 'v'],
  ['ν', 'v'],
  ['ԝ', 'w'],
  ['ω', 'w'],
  ['х', 'x'],
  ['χ', 'x'],
  ['у', 'y'],
  ['γ', 'y'],
  ['ү', 'y'],
  ['ᴢ', 'z'],
  ['ø', 'o'],
  ['ł', 'l'],
  ['đ', 'd'],
] as const)
/** What is mistaken within ASCII. */
const HASTY: readonly (readonly [string, string])[] = [
  ['0', 'o'],
  ['1', 'l'],
  ['rn', 'm'],
  ['vv', 'w'],
]
