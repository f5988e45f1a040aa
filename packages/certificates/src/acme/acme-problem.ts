/** One name's part in a problem (RFC 8555 §6.7.1). */
export interface Subproblem {
  readonly name: string
  readonly kind: string
  readonly text: string
}

/** More of a stranger's words than this tells nobody more. */
const maxText = 500

/** An authority refused, or could not be asked. */
export class AcmeProblem extends Error {
  override readonly name = 'AcmeProblem'
  /**
   * The last part of the error's type (RFC 8555 §6.7): `rateLimited`, `dns`, `caa` …; ours are `unreachable`, `timeout`, `protocol`
   * (an answer that cannot be) and `names` (no name can be proved).
   */
  readonly kind: string
  /** When the authority wants to be asked again. */
  readonly retryAfterSeconds: number | undefined
  readonly subproblems: readonly Subproblem[]

  constructor(
    kind: string,
    text: string,
    more: {
      readonly retryAfterSeconds?: number
      readonly subproblems?: readonly Subproblem[]
    } = {},
  ) {
    super(cleaned(text))
    this.kind = kind
    this.retryAfterSeconds = more.retryAfterSeconds
    this.subproblems = more.subproblems ?? []
  }
}

/** A problem document (RFC 7807) as an error; whatever is missing in it. */
export function problemOf(
  document: unknown,
  fallback: string,
  retryAfterSeconds?: number,
): AcmeProblem {
  const { kind, text } = wordsOf(document, fallback)
  const list = fieldOf(document, 'subproblems')
  const subproblems = (Array.isArray(list) ? list : []).flatMap((each: unknown) => {
    const name = fieldOf(fieldOf(each, 'identifier'), 'value')
    if (typeof name !== 'string') return []
    return [{ name: name.toLowerCase(), ...wordsOf(each, fallback) }]
  })
  const more = retryAfterSeconds === undefined ? {} : { retryAfterSeconds }
  return new AcmeProblem(kind, text, { ...more, subproblems })
}

function wordsOf(document: unknown, fallback: string): Omit<Subproblem, 'name'> {
  const type = fieldOf(document, 'type')
  const detail = fieldOf(document, 'detail')
  const kind = typeof type === 'string' ? (/([A-Za-z]+)$/.exec(type)?.[1] ?? 'unknown') : 'unknown'
  return { kind, text: cleaned(typeof detail === 'string' ? detail : fallback) }
}

/** A member of what may be no object at all. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

/** On one line, and no control characters for a terminal. */
function cleaned(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, maxText)
}
