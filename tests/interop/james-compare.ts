/** A line that did not come, or one that came and was not expected. */
export interface Difference {
  /** Line of the script at which the exchange begins. */
  readonly line: number
  readonly text: string
}

/**
 * Compares an answer with what a script expects. The scripts are James's own, so what IMAP leaves to
 * the server is taken out on both sides: texts for people, the order of flags, quotes around atoms,
 * where the FLAGS stand that a FETCH changed, whose \Recent a message is, the order of STATUS items,
 * the case of MIME words, and whether a part that is not there is NIL, `""` or `{0}`.
 */
export function compareLines(
  line: number,
  expected: readonly string[],
  actual: readonly string[],
): Difference[] {
  const left = actual.flatMap(asCompared).filter((text) => !isLeftToTheServer(text))
  const differences: Difference[] = []
  for (const want of expected) {
    const source = loosen(want)
    if (source === undefined) continue
    const pattern = compile(source)
    const at = left.findIndex((text) => pattern.test(text))
    if (at >= 0) left.splice(at, 1)
    else differences.push({ line, text: `expected ${want}` })
  }
  for (const text of left) differences.push({ line, text: `unexpected ${text}` })
  return differences
}

/** What may be told at any time (RFC 3501 §7), and the mailboxes that an account of ours begins with. */
function isLeftToTheServer(text: string): boolean {
  if (/^\* (OK \[(?!UNSEEN|UIDNEXT)|FLAGS|\d+ RECENT)/.test(text)) return true
  return /^\* (LIST|LSUB) .*"(Drafts|Sent|Junk|Trash|Archive)"$/.test(text)
}

/** An expected line without what is the server's choice; undefined when nothing is left of it. */
function loosen(source: string): string | undefined {
  if (/^\\\* (FLAGS|\S+ RECENT)/.test(source)) return undefined
  const code = /^\\\* OK \\\[([A-Z-]+)/.exec(source)?.[1]
  // UNSEEN and UIDNEXT are compared with their numbers; other codes are James's or as good as any.
  if (code === 'UNSEEN' || code === 'UIDNEXT') return source.replace(/\\\].*$/, '\\] .*')
  if (code !== undefined) return undefined
  const status = /^(\S+) (OK|NO|BAD|BYE)\b/.exec(source)
  // A refusal is a refusal: James says NO where a command has no place, we say BAD.
  if (status !== null) return `${status[1] ?? ''} ${status[2] === 'OK' ? 'OK' : '(NO|BAD|BYE)'} .*`
  if (source.startsWith('\\+ ')) return '\\+ .*'
  const flags = source
    .replace(/FLAGS \\\(([^()]*)\\\)/, (_, names: string) => `FLAGS \\(${sorted(names)}\\)`)
    .replace(/FETCH \\\((FLAGS \\\([^()]*\\\)|\.\*\\\)) BODY/, 'FETCH \\(BODY')
    .replace(/RECENT \d/, 'RECENT \\d+')
  // "." is the hierarchy delimiter there and "/" is here; a bare "." of the expression takes both.
  return /^\\\* (LIST|LSUB|STATUS)/.test(source)
    ? sortStatus(
        flags
          .replaceAll(/\\?"\\?\.\\?"/g, '"/"')
          .replaceAll('\\.', '.')
          .replaceAll('\\"', '"'),
      )
    : flags
}

/** A line that came, in the same form; an empty string becomes the two lines of an empty literal. */
function asCompared(text: string): string[] {
  const told = text
    .replace(/FLAGS \(([^()]*)\)/, (_, names: string) => `FLAGS (${sorted(names)})`)
    .replace(/^(\* (?:LIST|LSUB) \(.*\) (?:"\/"|NIL) )([^"\s]+)$/, '$1"$2"')
    .replace(/^(\* STATUS )([^"\s]+) /, '$1"$2" ')
    .replace(/^\* STATUS .*$/, sortStatus)
  if (!/^\* \d+ FETCH/.test(told)) return [told.replace(/ FLAGS \([^()]*\)\)$/, ')')]
  const empty =
    /^(.* BODY\[.*\](?:<\d+>)? |\* \d+ FETCH \(BODY\[.*\](?:<\d+>)? )(?:""|NIL)( FLAGS \(.*\))?\)$/.exec(
      told,
    )
  return empty === null ? [told] : [`${empty[1] ?? ''}{0}`, ')']
}

/** `* STATUS name (ITEM value …)` with the items in order; also of an expression for it. */
function sortStatus(text: string): string {
  const [, head = '', items = '', tail = ''] = /^(.*STATUS .* \\?\()(.*?)(\\?\))$/.exec(text) ?? []
  if (head === '') return text
  const pairs = items.match(/\S+ \S+/g) ?? []
  return head + pairs.toSorted().join(' ') + tail
}

function sorted(flags: string): string {
  return flags
    .split(' ')
    .filter((flag) => flag !== '' && !flag.endsWith('\\Recent'))
    .toSorted()
    .join(' ')
}

/** A script's expression over a whole line; where it is none, the text itself. */
function compile(source: string): RegExp {
  try {
    return new RegExp(`^(?:${source})$`, source.includes('BODY \\(') ? 'i' : '')
  } catch {
    return new RegExp(`^${source.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`)
  }
}
