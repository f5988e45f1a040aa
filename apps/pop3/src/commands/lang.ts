import { listing, ok, type Completion } from '../completion.ts'
import { refusal } from '../refusals.ts'
import { command } from '../verb.ts'

/** A language as LANG lists it. All texts of this app are English. */
const languages: ReadonlyMap<string, string> = new Map([['en', 'English']])

/** `lang-tag` (RFC 5646 §2.1), `*`, or nothing: which are there? */
function parse(rest: Buffer): string | undefined {
  const tag = rest.toString('latin1').trim().toLowerCase()
  return /^$|^\*$|^[a-z0-9]{1,8}(-[a-z0-9]{1,8})*$/.test(tag) ? tag : undefined
}

/** LANG. RFC 6856 §3: the reply to one that is taken begins with the language's tag. */
function execute(tag: string): Completion {
  if (tag === '') return listing('Languages follow.', lines())
  if (tag === '*') return ok('en The language is English.')
  const found = lookUp(tag)
  return found === undefined ? refusal.unknownLanguage : ok(`${found} The language is English.`)
}

function* lines(): Generator<string> {
  for (const [tag, name] of languages) yield `${tag} ${name}`
}

/** RFC 4647 §3.4: the tag loses its last parts until it is one of ours. `i-default` is English (RFC 2277 §4.5). */
function lookUp(tag: string): string | undefined {
  if (tag === 'i-default') return tag
  for (let range = tag; range !== ''; range = range.slice(0, Math.max(0, range.lastIndexOf('-')))) {
    if (languages.has(range)) return range
  }
  return undefined
}

export const lang = command({
  name: 'LANG',
  state: 'any',
  usage: 'LANG [language]',
  capability: () => 'LANG',
  parse,
  execute,
})
