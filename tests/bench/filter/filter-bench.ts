import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { MemoryTokenStore } from '@posthouse/filter'
import { installPackages } from '../../runner/debian.ts'
import { repository } from '../folders.ts'
import { readCorpus, type CorpusMessage } from './corpus.ts'
import { fiveFold, type Judged } from './five-fold.ts'
import { filterPeerPackages, startRspamd, startSpamAssassin, type FilterPeer } from './peers.ts'
import { openPostgresMemory } from './postgres-memory.ts'
import { caughtAt, rocPlot, type RocCurve, type Scored } from './roc.ts'
import { ownThroughput, peerThroughput, type Throughput } from './throughput.ts'

/** What the filter bench is asked for. */
export interface FilterBenchOptions {
  readonly isJson: boolean
  /** Without SpamAssassin and rspamd. */
  readonly isAlone: boolean
  /** Writes the plot. */
  readonly isKept: boolean
  /** Tokens in Postgres as an installation has them: the same verdicts, slower. */
  readonly isInPostgres: boolean
}

/** How long throughput is measured for each filter. */
const throughputSeconds = 20
const plot = path.join(repository, 'docs/filter-roc.svg')

/** One filter's line in the table. */
interface Row extends RocCurve {
  readonly throughput: Throughput | undefined
}

/**
 * Measures what the filter tells apart on the spam corpus, five-fold, beside SpamAssassin and rspamd on the same messages, and
 * how many messages of 10 KB it takes per second.
 */
export async function benchFilter(
  { isJson, isAlone, isKept, isInPostgres }: FilterBenchOptions,
  print: (line: string) => void,
  say: (line: string) => void,
): Promise<void> {
  const corpus = await readCorpus()
  const judged = await fiveFold(corpus, isInPostgres ? openPostgresMemory : openMemory, say)
  say('throughput')
  const rows: Row[] = [await ownRow(corpus, judged)]
  if (!isAlone) rows.push(...(await peerRows(corpus, say)))
  const hams = corpus.filter(({ isSpam }) => !isSpam).length
  if (isKept && !isAlone) {
    await writeFile(plot, rocPlot(rows, hams))
    say(`wrote ${plot}`)
  }
  if (isJson) print(JSON.stringify(jsonOf(rows)))
  else print([tableOf(rows), '', ...wrongVerdicts(judged)].join('\n'))
}

function openMemory() {
  return Promise.resolve({ tokens: new MemoryTokenStore(), close: () => Promise.resolve() })
}

async function ownRow(corpus: readonly CorpusMessage[], judged: readonly Judged[]): Promise<Row> {
  // Each fold has its own threshold: what counts is how far above it a message is.
  const scored = judged.map(({ message, points, threshold }) => {
    return { isSpam: message.isSpam, points: points - threshold }
  })
  return {
    name: 'posthouse',
    scored,
    at: workingPoint(scored, 0),
    throughput: await ownThroughput(corpus, throughputSeconds),
  }
}

async function peerRows(
  corpus: readonly CorpusMessage[],
  say: (line: string) => void,
): Promise<readonly Row[]> {
  const [missing] = await installPackages(filterPeerPackages, say)
  if (missing !== undefined) throw new Error(`${missing.name}: ${missing.because}`)
  const rows: Row[] = []
  for (const start of [startSpamAssassin, startRspamd]) {
    const peer = await start()
    try {
      rows.push(await peerRow(peer, corpus, say))
    } finally {
      await peer.stop()
    }
  }
  return rows
}

async function peerRow(
  peer: FilterPeer,
  corpus: readonly CorpusMessage[],
  say: (line: string) => void,
): Promise<Row> {
  const scored: Scored[] = []
  for (const { isSpam, octets } of corpus) {
    scored.push({ isSpam, points: await peer.score(octets) })
    if (scored.length % 500 === 0) say(`${peer.name}: ${scored.length} messages`)
  }
  const throughput = await peerThroughput(peer, throughputSeconds)
  return { name: peer.name, scored, at: workingPoint(scored, peer.shipped), throughput }
}

function workingPoint(scored: readonly Scored[], threshold: number): RocCurve['at'] {
  const spam = scored.filter(({ isSpam }) => isSpam)
  const caught = spam.filter(({ points }) => points >= threshold).length / spam.length
  const falsely = scored.filter(({ isSpam, points }) => !isSpam && points >= threshold).length
  return { caught, false: falsely }
}

const allowances = [0, 2, 5, 10, 20] as const

function tableOf(rows: readonly Row[]): string {
  const head = [
    'filter',
    'spam caught',
    'ham called spam',
    ...allowances.map((count) => `caught at ${count} ham`),
    '10 KB messages per core second',
  ]
  const lines = rows.map(({ name, at, scored, throughput }) => [
    name,
    percent(at.caught),
    String(at.false),
    ...allowances.map((count) => percent(caughtAt(scored, count))),
    throughput?.perCoreSecond.toFixed(throughput.perCoreSecond < 100 ? 1 : 0) ?? '–',
  ])
  return [head, head.map(() => '---'), ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}

function jsonOf(rows: readonly Row[]): unknown {
  const figures = rows.map(({ name, at, scored, throughput }) => {
    const figure = {
      caught: rounded(at.caught),
      false: at.false,
      caughtAt: Object.fromEntries(
        allowances.map((count) => [count, rounded(caughtAt(scored, count))]),
      ),
      perCoreSecond: throughput && Math.round(throughput.perCoreSecond * 10) / 10,
    }
    return [name.toLowerCase(), figure] as const
  })
  return { measure: 'filter', ...Object.fromEntries(figures) }
}

/** Each wrong verdict with its symbols: what is to be made better. */
function wrongVerdicts(judged: readonly Judged[]): readonly string[] {
  const wrong = judged.filter(
    ({ message, points, threshold }) => points >= threshold !== message.isSpam,
  )
  return wrong
    .toSorted((a, b) => Number(a.message.isSpam) - Number(b.message.isSpam) || b.points - a.points)
    .map(({ message, points, threshold, verdict }) => {
      const symbols = verdict.findings.map(
        ({ symbol, points: each }) => `${symbol} ${each.toFixed(1)}`,
      )
      return `${message.name}: ${points.toFixed(1)} of ${threshold.toFixed(1)}: ${symbols.join(', ')}`
    })
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

function rounded(share: number): number {
  return Math.round(share * 10_000) / 10_000
}
