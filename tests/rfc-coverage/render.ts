import type { Citations } from './citations.ts'
import type { CarriedOut, NotOffered } from './table.ts'

const head = `# What of which RFC is tested where

Made by \`node tests/rfc-coverage.ts --write\` from what the transcripts cite and from the table in
\`tests/rfc-coverage/table.ts\`; \`npm run check\` tells when it is out of date. A dialogue is a file in \`tests/transcripts\`.
`

/** The page, and what the table does not know of. */
export function render(
  citations: Citations,
  carriedOut: readonly CarriedOut[],
  notOffered: readonly NotOffered[],
): { readonly page: string; readonly unknown: readonly number[] } {
  const known = new Set(carriedOut.map(({ rfc }) => rfc))
  const inOrder = carriedOut.toSorted((a, b) => a.rfc - b.rfc)
  const chapters = inOrder.map((each) => chapter(each, citations.get(each.rfc) ?? new Map()))
  const rest = notOffered.map(({ rfc, title, why }) => `| ${rfc} | ${title} | ${why} |`)
  const last = ['## Not offered', '', '| RFC | what | why |', '|---|---|---|', ...rest, ''].join(
    '\n',
  )
  return {
    page: [head, ...chapters, last].join('\n'),
    unknown: [...citations.keys()].filter((rfc) => !known.has(rfc)),
  }
}

function chapter(
  { rfc, title, sections, elsewhere, leftOut }: CarriedOut,
  cited: ReadonlyMap<string, readonly string[]>,
): string {
  const names = [...new Set([...Object.keys(sections), ...cited.keys()])].toSorted(bySection)
  const rows = names.map((name) => {
    const dialogues = (cited.get(name) ?? []).map((each) => `\`${each}\``).join(', ')
    return `| ${name === '' ? 'all' : `§${name}`} | ${sections[name] ?? ''} | ${dialogues} |`
  })
  return [
    `## RFC ${rfc}: ${title}`,
    '',
    '| | what | dialogues |',
    '|---|---|---|',
    ...rows,
    '',
    ...(elsewhere === undefined
      ? []
      : [`Also: ${elsewhere.map((each) => `\`${each}\``).join(', ')}.`, '']),
    ...(leftOut === undefined ? [] : [`Left out: ${leftOut}`, '']),
  ].join('\n')
}

/** 6.3.9 before 6.3.10. */
function bySection(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}
