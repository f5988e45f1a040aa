import type { CaseFigures } from './rounds.ts'

const rowHeight = 22
const labelWidth = 210
const barWidth = 420

/** Ratios are drawn on a logarithmic scale between these. */
const least = 1 / 64
const most = 256

/** A bar for each case: how many times better than its first peer we are; the middle line is 1. */
export function chartOf(figures: readonly CaseFigures[]): string {
  const rows = figures.flatMap(({ measure, peers }) => {
    const [peer] = peers
    return peer === undefined ? [] : [{ measure, ratio: peer.ratio, peer: peer.name }]
  })
  const height = rows.length * rowHeight + 40
  const width = labelWidth + barWidth + 80
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    `<text x="${labelWidth}" y="16" fill="#444">Posthouse against ${rows[0]?.peer ?? 'its peers'}: above 1 is better (logarithmic)</text>`,
    ...rows.flatMap((row, i) => barOf(row.measure, row.ratio, 28 + i * rowHeight)),
    `<line x1="${positionOf(1)}" y1="24" x2="${positionOf(1)}" y2="${height - 8}" stroke="#444"/>`,
    '</svg>',
    '',
  ].join('\n')
}

function barOf(measure: string, ratio: number, y: number): readonly string[] {
  const one = positionOf(1)
  const end = positionOf(ratio)
  const colour = ratio >= 1 ? '#2e7d4f' : '#b3542e'
  const after = Math.max(one, end) + 6
  return [
    `<text x="${labelWidth - 8}" y="${y + 12}" text-anchor="end" fill="#222">${measure}</text>`,
    `<rect x="${Math.min(one, end)}" y="${y}" width="${Math.max(1, Math.abs(end - one))}" height="${rowHeight - 6}" fill="${colour}"/>`,
    `<text x="${after}" y="${y + 12}" fill="#222">${ratio >= 10 ? ratio.toFixed(0) : ratio.toFixed(2)}</text>`,
  ]
}

function positionOf(ratio: number): number {
  const kept = Math.min(most, Math.max(least, ratio))
  const part = Math.log(kept / least) / Math.log(most / least)
  return Math.round(labelWidth + part * barWidth)
}
