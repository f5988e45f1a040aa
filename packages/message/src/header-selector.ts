import { emptyLineStart, fieldColon, fieldEnd, fieldNameEnd } from './field-offsets.ts'

/**
 * Finds the fields of a header that `BODY[HEADER.FIELDS (…)]` or `HEADER.FIELDS.NOT` asks for (RFC 3501 §6.4.5), of one
 * header after the other: the names are made ready once, and nothing is made for a field that is looked at.
 */
export class HeaderSelector {
  /** Names in lower case, by their length. */
  readonly #names: readonly (readonly Buffer[] | undefined)[]
  readonly #isOnly: boolean
  #ranges = new Uint32Array(64)
  #count = 0
  #bytes = 0

  /** @param names one octet per character */
  constructor(names: readonly string[], mode: 'only' | 'except') {
    const byLength: Buffer[][] = []
    for (const name of names) {
      const octets = Buffer.from(name, 'latin1')
      for (let i = 0; i < octets.length; i += 1) octets[i] = lower(octets[i] ?? 0)
      const same = (byLength[octets.length] ??= [])
      same.push(octets)
    }
    this.#names = byLength
    this.#isOnly = mode === 'only'
  }

  /** Octets in all ranges. */
  get bytes(): number {
    return this.#bytes
  }

  /** How many ranges were found: `ranges` holds twice as many numbers. */
  get count(): number {
    return this.#count
  }

  /** Where what was found stands, ascending: start and end of each range. */
  get ranges(): Uint32Array {
    return this.#ranges
  }

  /** Looks at a header, which ends with its empty line if it has one. */
  select(octets: Buffer, start: number, end: number): void {
    this.#count = 0
    this.#bytes = 0
    let at = start
    while (at < end) {
      const next = fieldEnd(octets, at, end)
      const colon = fieldColon(octets, at, next)
      const nameEnd = colon < 0 ? at : fieldNameEnd(octets, at, colon)
      if (nameEnd > at && this.#isNamed(octets, at, nameEnd) === this.#isOnly) this.#add(at, next)
      at = next
    }
    this.#add(emptyLineStart(octets, start, end), end)
  }

  #isNamed(octets: Buffer, start: number, end: number): boolean {
    const names = this.#names[end - start]
    if (names === undefined) return false
    for (let i = 0; i < names.length; i += 1) {
      if (isSame(octets, start, names[i] ?? nothing)) return true
    }
    return false
  }

  #add(start: number, end: number): void {
    if (end <= start) return
    this.#bytes += end - start
    const last = 2 * this.#count - 1
    if (this.#count > 0 && this.#ranges[last] === start) {
      this.#ranges[last] = end
      return
    }
    if (last + 2 >= this.#ranges.length) {
      const larger = new Uint32Array(this.#ranges.length * 2)
      larger.set(this.#ranges)
      this.#ranges = larger
    }
    this.#ranges[last + 1] = start
    this.#ranges[last + 2] = end
    this.#count += 1
  }
}

const nothing = Buffer.alloc(0)

function isSame(octets: Buffer, start: number, name: Buffer): boolean {
  for (let i = 0; i < name.length; i += 1)
    if (lower(octets[start + i] ?? 0) !== name[i]) return false
  return true
}

function lower(octet: number): number {
  return octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet
}
