import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { DEFAULT_THRESHOLDS, MemoryTokenStore } from '@posthouse/filter'
import { installPackages } from '../../runner/debian.ts'
import { repository } from '../folders.ts'
import { folds, readCorpus, type CorpusMessage } from './corpus.ts'
import { jsonOf, tableOf, wrongVerdicts, type Row } from './filter-table.ts'
import { fiveFold, thresholdOf, type Judged } from './five-fold.ts'
import { filterPeerPackages, inParallel, type StartPeer } from './peers.ts'
import { openPostgresMemory } from './postgres-memory.ts'
import { startRspamd } from './rspamd.ts'
import { startSpamAssassin } from './spam-assassin.ts'
import { rocPlot, type RocCurve, type Scored } from './roc.ts'
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

/** Of a message, what a filter said of it, and what it would have had to say. */
interface Pointed extends Scored {
  readonly threshold: number
}

/** Messages that a peer has at once. */
const atOnce = 4

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
  const pointed = judged.map(({ message, ...each }) => ({ ...each, isSpam: message.isSpam }))
  const throughput = await ownThroughput(corpus, throughputSeconds)
  return rowOf('posthouse', pointed, DEFAULT_THRESHOLDS.junk, throughput)
}

function rowOf(
  name: string,
  pointed: readonly Pointed[],
  shippedAt: number,
  throughput: Throughput | undefined,
): Row {
  // Each fold has its own threshold: what counts is how far above it a message is.
  const scored = pointed.map(({ isSpam, points, threshold }) => ({
    isSpam,
    points: points - threshold,
  }))
  const shipped = workingPoint(pointed, shippedAt)
  return { name, scored, at: workingPoint(scored, 0), shipped, throughput }
}

async function peerRows(
  corpus: readonly CorpusMessage[],
  say: (line: string) => void,
): Promise<readonly Row[]> {
  const [missing] = await installPackages(filterPeerPackages, say)
  if (missing !== undefined) throw new Error(`${missing.name}: ${missing.because}`)
  const rows: Row[] = []
  for (const start of [startSpamAssassin, startRspamd]) {
    rows.push(await peerRow(start, corpus, say))
  }
  return rows
}

/** What a peer says of each fold, having learnt the others; their ham decides on the threshold, as it was scored in its turn. */
async function peerRow(
  start: StartPeer,
  corpus: readonly CorpusMessage[],
  say: (line: string) => void,
): Promise<Row> {
  const scored: (Scored & { readonly fold: number })[] = []
  const last = { name: '', shipped: 0, throughput: undefined as Throughput | undefined }
  for (let fold = 0; fold < folds; fold++) {
    const peer = await start(corpus.filter((message) => message.fold !== fold))
    try {
      const mine = corpus.filter((message) => message.fold === fold)
      await inParallel(mine, atOnce, async ({ isSpam, octets }) => {
        scored.push({ isSpam, fold, points: await peer.score(octets) })
      })
      say(`${peer.name}: fold ${fold + 1} of ${folds}`)
      if (fold === folds - 1) {
        const throughput = await peerThroughput(peer, throughputSeconds)
        Object.assign(last, { name: peer.name, shipped: peer.shipped, throughput })
      }
    } finally {
      await peer.stop()
    }
  }
  const thresholds = Array.from({ length: folds }, (_, fold) => {
    const others = scored.filter((each) => each.fold !== fold && !each.isSpam)
    return thresholdOf(others.map(({ points }) => points))
  })
  const pointed = scored.map((each) => ({ ...each, threshold: thresholds[each.fold] ?? 0 }))
  return rowOf(last.name, pointed, last.shipped, last.throughput)
}

function workingPoint(scored: readonly Scored[], threshold: number): RocCurve['at'] {
  const spam = scored.filter(({ isSpam }) => isSpam)
  const caught = spam.filter(({ points }) => points >= threshold).length / spam.length
  const falsely = scored.filter(({ isSpam, points }) => !isSpam && points >= threshold).length
  return { caught, false: falsely }
}
