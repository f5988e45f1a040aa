import { plainName } from './names.ts'

/** Record types that a zone may hold. `FAIL` makes every question about its name fail for now. */
export const zoneTypes = ['A', 'AAAA', 'MX', 'TXT', 'CNAME', 'PTR', 'FAIL'] as const

/** One of them. */
export type ZoneType = (typeof zoneTypes)[number]

/** One record: `value` is an address, a name, `10 mx.example.test`, or text. */
export interface ZoneRecord {
  readonly name: string
  readonly type: ZoneType
  readonly value: string
}

/** The longest chain of CNAMEs that is followed. */
const maxChain = 8

/** What a zone says to a question. */
export type ZoneAnswer =
  | { readonly kind: 'records'; readonly values: readonly string[] }
  | { readonly kind: 'nxdomain' | 'nodata' | 'fail' }

/**
 * Records by name, for tests. The text form has a record per line, `NAME TYPE VALUE`; names are
 * absolute, `#` begins a comment, text may be in quotes: `example.test MX 10 mx.example.test`.
 */
export class Zone {
  readonly #records = new Map<string, ZoneRecord[]>()

  /** @throws Error naming the line that is no record. */
  constructor(text: string) {
    for (const [index, line] of text.split('\n').entries()) {
      const bare = line.replace(/(^|\s)#.*$/, '').trim()
      if (bare !== '') this.add(parseRecord(bare, index + 1))
    }
  }

  add(record: ZoneRecord): void {
    const name = plainName(record.name)
    const there = this.#records.get(name)
    if (there === undefined) this.#records.set(name, [record])
    else there.push(record)
  }

  /** Removes every record at a name. */
  remove(name: string): void {
    this.#records.delete(plainName(name))
  }

  /** Answers as an authoritative server does: CNAMEs are followed, empty non-terminals exist. */
  ask(name: string, type: Exclude<ZoneType, 'FAIL'>, depth = 0): ZoneAnswer {
    const plain = plainName(name)
    const there = this.#records.get(plain)
    if (there === undefined) return { kind: this.#hasBelow(plain) ? 'nodata' : 'nxdomain' }
    if (there.some((record) => record.type === 'FAIL') || depth > maxChain) return { kind: 'fail' }
    const values = there.filter((record) => record.type === type).map(({ value }) => value)
    if (values.length > 0) return { kind: 'records', values }
    const alias = there.find((record) => record.type === 'CNAME')
    return alias === undefined ? { kind: 'nodata' } : this.ask(alias.value, type, depth + 1)
  }

  #hasBelow(name: string): boolean {
    return [...this.#records.keys()].some((other) => other.endsWith(`.${name}`))
  }
}

function parseRecord(line: string, number: number): ZoneRecord {
  const match = /^(\S+)\s+([A-Za-z]+)\s*(.*)$/.exec(line)
  const type = zoneTypes.find((each) => each === match?.[2]?.toUpperCase())
  const [, name = '', , value = ''] = match ?? []
  if (type === undefined) throw new Error(`zone line ${number} is not "NAME TYPE VALUE": ${line}`)
  return { name, type, value: type === 'TXT' ? value.replace(/^"(.*)"$/, '$1') : value }
}
