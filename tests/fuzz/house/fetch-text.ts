import type { Random } from './random.ts'

const texts = ['', 'TEXT', 'HEADER', 'MIME', 'HEADER.FIELDS (Subject "x y" )', 'HEADER.FIELDS.NOT (Received)'] as const // prettier-ignore
const plain = ['UID', 'ENVELOPE', 'BODY', 'BODYSTRUCTURE', 'PREVIEW', 'RFC822', 'RFC822.TEXT', 'RFC822.HEADER', 'INTERNALDATE', 'EMAILID'] as const // prettier-ignore
const offsets = ['0', '1', '7', '100', '65536', '4294967295'] as const
const counts = ['1', '5', '1000', '4294967295'] as const

/** The items of a FETCH that somebody might ask of a message whose parts he does not know. */
export function fetchText(random: Random): string {
  const items = Array.from({ length: 1 + random.below(3) }, () => itemText(random))
  return `(${items.join(' ')})`
}

function itemText(random: Random): string {
  const numbers = Array.from({ length: random.below(4) }, () => `${1 + random.below(4)}`)
  const part = numbers.join('.')
  const partial = random.below(3) === 0 ? `<${random.pick(offsets)}.${random.pick(counts)}>` : ''
  switch (random.below(6)) {
    case 0:
      return random.pick(plain)
    case 1:
      return `BINARY.PEEK[${part}]${partial}`
    case 2:
      return `BINARY.SIZE[${part}]`
    default: {
      const text = random.pick(texts)
      return `BODY.PEEK[${[...numbers, ...(text === '' ? [] : [text])].join('.')}]${partial}`
    }
  }
}
