/** What an answer of a list means. */
export interface ListCode {
  /**
   * The address that is answered: `127.0.0.2`; a range in the last number, `127.0.0.4-7`; any number, `127.0.*.3`; or a bit of
   * the last number, `127.0.0.&16`.
   */
  readonly code: string
  /** Above 0 speaks for spam, below 0 for ham. */
  readonly points: number
  /** In words. */
  readonly meaning: string
}

/** A list that is asked by DNS (RFC 5782). */
export interface ListDefinition {
  /** Short: `spamhaus-zen`. */
  readonly name: string
  readonly zone: string
  /** What is on it: addresses of clients, or domains. */
  readonly kind: 'address' | 'domain'
  /** A list of domains that takes addresses, too; others are harmed by being asked for them. */
  readonly takesAddresses?: boolean
  readonly codes: readonly ListCode[]
  /** What must be on it, and what must not, where it does not keep to RFC 5782 §5. */
  readonly testPoint?: string
  readonly clearPoint?: string
}

/** The meaning of the answers of one list. */
export type ReadCode = (address: string) => ListCode | undefined

/**
 * Reads a definition's codes.
 *
 * @throws TypeError naming the code that is none.
 */
export function codeReader({ name, codes }: Pick<ListDefinition, 'name' | 'codes'>): ReadCode {
  const rows = codes.map((code) => {
    const matches = matcherOf(code.code)
    if (matches === undefined) throw new TypeError(`list ${name}: "${code.code}" is no answer`)
    return { code, matches }
  })
  return (address) => {
    const numbers = address.split('.').map(Number)
    const found = rows.filter(({ matches }) => matches(numbers)).map(({ code }) => code)
    const [first, ...others] = found
    if (first === undefined) return undefined
    return others.reduce((a, b) => (Math.abs(b.points) > Math.abs(a.points) ? b : a), first)
  }
}

/** Answers that say "I do not answer you": asked wrongly, through a public resolver, too often. */
export function isRefusal(address: string): boolean {
  return address.startsWith('127.255.255.')
}

type Matches = (numbers: readonly number[]) => boolean

function matcherOf(text: string): Matches | undefined {
  const parts = text.split('.')
  const tests = parts.map((part, i) => partTest(part, i === 3))
  if (parts.length !== 4 || parts[0] !== '127' || tests.includes(undefined)) return undefined
  return (numbers) => tests.every((test, i) => test?.(numbers[i] ?? -1) === true)
}

function partTest(part: string, isLast: boolean): ((number: number) => boolean) | undefined {
  if (part === '*') return () => true
  const match = /^(&?)(\d{1,3})(?:-(\d{1,3}))?$/.exec(part)
  if (match === null || (!isLast && (match[1] !== '' || match[3] !== undefined))) return undefined
  const from = Number(match[2])
  const to = Number(match[3] ?? from)
  if (from > 255 || to > 255 || to < from) return undefined
  if (match[1] === '&') return match[3] === undefined ? (n) => (n & from) !== 0 : undefined
  return (n) => n >= from && n <= to
}
