/** One thing that a transcript does, with the line it stands on. */
export type Step =
  | {
      readonly kind: 'given'
      readonly line: number
      readonly words: string
      readonly block: readonly string[]
    }
  | {
      readonly kind: 'send'
      readonly line: number
      readonly peer: string
      readonly text: string
      readonly crlf: boolean
    }
  | {
      readonly kind: 'expect'
      readonly line: number
      readonly peer: string
      readonly pattern: Pattern
    }
  | {
      readonly kind: 'skip-to'
      readonly line: number
      readonly peer: string
      readonly prefix: string
    }
  | {
      readonly kind: 'skip-while'
      readonly line: number
      readonly peer: string
      readonly prefix: string
    }
  | {
      readonly kind: 'any-order'
      readonly line: number
      readonly peer: string
      readonly patterns: readonly Pattern[]
    }
  | {
      readonly kind: 'control'
      readonly line: number
      readonly peer: string
      readonly words: readonly string[]
    }

/** A line to expect: exactly, or by a regular expression over the whole of it. */
export interface Pattern {
  readonly kind: 'exact' | 'regex'
  readonly text: string
}

/** A transcript that is not written as the README says. */
export class TranscriptSyntaxError extends Error {
  constructor(file: string, line: number, because: string) {
    super(`${file}:${line}: ${because}`)
    this.name = 'TranscriptSyntaxError'
  }
}

const signs = ['>>', '>', '<?~', '<?', '<~', '<+', '<*', '<', '!'] as const
type Sign = (typeof signs)[number]

/**
 * Reads a transcript.
 *
 * @throws TranscriptSyntaxError with file and line.
 */
export function parseTranscript(file: string, text: string): readonly Step[] {
  const steps: Step[] = []
  const lines = text.split('\n')
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? ''
    const number = index + 1
    if (line.trim() === '' || line.startsWith('#')) continue
    if (line.startsWith('given ')) {
      const block = blockAfter(lines, index)
      steps.push({ kind: 'given', line: number, words: line.slice(6).trim(), block })
      index += block.length
    } else {
      const step = stepOf(file, number, line)
      const merged = mergeAnyOrder(steps.at(-1), step)
      if (merged === undefined) steps.push(step)
      else steps[steps.length - 1] = merged
    }
  }
  return steps
}

function blockAfter(lines: readonly string[], index: number): string[] {
  const block: string[] = []
  for (let at = index + 1; lines[at]?.startsWith('|'); at++) {
    block.push((lines[at] ?? '').replace(/^\| ?/, ''))
  }
  return block
}

function stepOf(file: string, line: number, source: string): Step {
  const match = /^([A-Z][A-Za-z0-9]*)(>>|>|<\?~|<\?|<~|<\+|<\*|<|!)(?: (.*)|)$/.exec(source)
  const [, peer, sign, text = ''] = match ?? []
  if (peer === undefined || !isSign(sign)) {
    throw new TranscriptSyntaxError(file, line, `not a transcript line: ${source}`)
  }
  const at = { line, peer }
  if (sign === '>' || sign === '>>') return { kind: 'send', ...at, text, crlf: sign === '>' }
  if (sign === '!') return { kind: 'control', ...at, words: text.split(/ +/).filter(Boolean) }
  return expectationOf(sign, text, at)
}

function expectationOf(
  sign: Exclude<Sign, '>' | '>>' | '!'>,
  text: string,
  at: { readonly line: number; readonly peer: string },
): Step {
  if (sign === '<+') return { kind: 'skip-to', ...at, prefix: text }
  if (sign === '<*') return { kind: 'skip-while', ...at, prefix: text }
  const pattern: Pattern = { kind: sign.endsWith('~') ? 'regex' : 'exact', text }
  if (sign === '<?' || sign === '<?~') return { kind: 'any-order', ...at, patterns: [pattern] }
  return { kind: 'expect', ...at, pattern }
}

function isSign(sign: string | undefined): sign is Sign {
  return signs.some((one) => one === sign)
}

function mergeAnyOrder(before: Step | undefined, step: Step): Step | undefined {
  if (before?.kind !== 'any-order' || step.kind !== 'any-order') return undefined
  if (before.peer !== step.peer) return undefined
  return { ...before, patterns: [...before.patterns, ...step.patterns] }
}
