/** A message as one filter saw it. */
export interface Scored {
  readonly isSpam: boolean
  readonly points: number
}

/** One filter's curve, and the point it works at. */
export interface RocCurve {
  readonly name: string
  readonly scored: readonly Scored[]
  readonly at: { readonly caught: number; readonly false: number }
}

/** How many ham messages are called spam, and which share of the spam is, for each threshold; strictest first. */
export function rocOf(
  scored: readonly Scored[],
): readonly (readonly [falsely: number, caught: number])[] {
  const spam = scored.filter(({ isSpam }) => isSpam).length
  const byPoints = Map.groupBy(scored, ({ points }) => points)
  const curve: (readonly [number, number])[] = [[0, 0]]
  let [falsely, caught] = [0, 0]
  for (const points of [...byPoints.keys()].toSorted((a, b) => b - a)) {
    for (const { isSpam } of byPoints.get(points) ?? []) {
      if (isSpam) caught++
      else falsely++
    }
    curve.push([falsely, caught / spam])
  }
  return curve
}

/** The share of the spam that is caught where so many ham messages may be called spam. */
export function caughtAt(scored: readonly Scored[], falsely: number): number {
  const within = rocOf(scored).filter(([count]) => count <= falsely)
  return Math.max(...within.map(([, caught]) => caught))
}

const colours = ['#2e7d4f', '#b3542e', '#3b5b92', '#7a4b8c'] as const
const [width, height, left, top, right, bottom] = [720, 440, 60, 30, 20, 50]
const mostFalse = 100

/** The curves as SVG: ham called spam from 0 to 100 messages (square root, as the left end is what matters), spam caught. */
export function rocPlot(curves: readonly RocCurve[], hams: number): string {
  const lines = curves.flatMap(({ name, scored, at }, i) => {
    const colour = colours[i % colours.length] ?? 'black'
    const points = stepsOf(rocOf(scored))
    const label = `${name}: ${(100 * at.caught).toFixed(1)} % of spam, ${at.false} of ${hams} ham`
    return [
      `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      `<circle cx="${x(at.false)}" cy="${y(at.caught)}" r="5" fill="${colour}"/>`,
      `<text x="${width - right - 8}" y="${height - bottom - 16 - 18 * (curves.length - 1 - i)}" text-anchor="end" fill="${colour}">${label}</text>`,
    ]
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    ...[0, 1, 2, 5, 10, 20, 50, 100].flatMap((count) => [
      `<line x1="${x(count)}" y1="${top}" x2="${x(count)}" y2="${height - bottom}" stroke="#ddd"/>`,
      `<text x="${x(count)}" y="${height - bottom + 18}" text-anchor="middle" fill="#444">${count}</text>`,
    ]),
    ...[0, 0.2, 0.4, 0.6, 0.8, 0.95, 1].flatMap((share) => [
      `<line x1="${left}" y1="${y(share)}" x2="${width - right}" y2="${y(share)}" stroke="#ddd"/>`,
      `<text x="${left - 8}" y="${y(share) + 4}" text-anchor="end" fill="#444">${Math.round(share * 100)} %</text>`,
    ]),
    `<text x="${left}" y="18" fill="#222">Spam caught, over ham called spam (of ${hams}); the dot is where each works</text>`,
    ...lines,
    '</svg>',
    '',
  ].join('\n')
}

function stepsOf(curve: readonly (readonly [number, number])[]): string {
  const shown = curve.filter(([falsely]) => falsely <= mostFalse)
  return shown.map(([falsely, caught]) => `${x(falsely)},${y(caught)}`).join(' ')
}

function x(falsely: number): number {
  const part = Math.sqrt(Math.min(mostFalse, falsely) / mostFalse)
  return Math.round(left + part * (width - left - right))
}

function y(caught: number): number {
  return Math.round(height - bottom - caught * (height - top - bottom))
}
