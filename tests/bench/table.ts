import type { CaseFigures, SideFigures } from './rounds.ts'

const columns = [
  'measure',
  'unit',
  'posthouse',
  'peer',
  'peer’s',
  'ratio',
  'CPU ms/unit',
  'memory MiB',
]

/** The figures as a Markdown table, a row for each peer of each case. */
export function figuresTable(figures: readonly CaseFigures[]): string {
  const rows = figures.flatMap((each) => {
    const [first, ...more] = each.peers.map((peer) => rowOf(each, peer))
    return [first ?? rowOf(each, undefined), ...more]
  })
  const lines = [columns, columns.map(() => '---'), ...rows].map(
    (cells) => `| ${cells.join(' | ')} |`,
  )
  return lines.join('\n')
}

function rowOf(
  { measure, unit, posthouse }: CaseFigures,
  peer: CaseFigures['peers'][number] | undefined,
): readonly string[] {
  const ours = [measure, unit, range(posthouse)]
  if (peer === undefined)
    return [...ours, '–', '–', '–', figure(posthouse.cpu), figure(posthouse.memory)]
  return [
    ...ours,
    peer.name,
    range(peer),
    `**${peer.ratio.toFixed(2)}**`,
    `${figure(posthouse.cpu)} : ${figure(peer.cpu)}`,
    `${figure(posthouse.memory)} : ${figure(peer.memory)}`,
  ]
}

/** Median, and least to most. */
function range({ median, min, max }: SideFigures): string {
  return `${figure(median)} (${figure(min)}–${figure(max)})`
}

/** Three digits that mean something. */
export function figure(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en')
  return value >= 10 ? value.toFixed(1) : value.toPrecision(2)
}
