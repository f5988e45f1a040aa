import {
  builtInStages,
  Classifier,
  classifierStage,
  createPipeline,
  filterMessage,
  type FilterMessage,
  type FilterVerdict,
  type TokenStore,
} from '@posthouse/filter'
import { silentLog } from '@posthouse/telemetry'
import { seededRandom } from '../seeded.ts'
import { folds, type CorpusMessage } from './corpus.ts'
import { strangerVerdict } from './stranger.ts'

/** What the pipeline said of a message that it had not learnt from. */
export interface Judged {
  readonly message: CorpusMessage
  readonly points: number
  /** Fixed on the other folds. */
  readonly threshold: number
  readonly verdict: FilterVerdict
}

/** How a memory is opened for one trial, and closed after it. */
export interface TrialMemory {
  readonly tokens: TokenStore
  close(): Promise<void>
}

/**
 * Five-fold: each message is judged by what was learnt from the other four folds. The threshold of a fold is fixed without it: in
 * the other four, each in turn is judged by what the remaining three teach.
 */
export async function fiveFold(
  corpus: readonly CorpusMessage[],
  open: () => Promise<TrialMemory>,
  say: (line: string) => void,
): Promise<readonly Judged[]> {
  const views = new Map(corpus.map((message) => [message, viewOf(message)]))
  const judged: Judged[] = []
  for (let fold = 0; fold < folds; fold++) {
    const training = corpus.filter((message) => message.fold !== fold)
    const inner: (readonly [CorpusMessage, FilterVerdict])[] = []
    for (let held = 0; held < folds; held++) {
      if (held === fold) continue
      const rest = training.filter((message) => message.fold !== held)
      const mine = training.filter((message) => message.fold === held)
      inner.push(...(await trial(rest, mine, views, open)))
    }
    const hamPoints = inner.flatMap(([{ isSpam }, { points }]) => (isSpam ? [] : [points]))
    const threshold = thresholdOf(hamPoints)
    const mine = corpus.filter((message) => message.fold === fold)
    for (const [message, verdict] of await trial(training, mine, views, open)) {
      judged.push({ message, points: verdict.points, threshold, verdict })
    }
    say(`fold ${fold + 1} of ${folds}: threshold ${threshold.toFixed(1)}`)
  }
  return judged
}

/** Of all ham, so many may be called spam. */
const allowed = { ham: 2, of: 1_502 }

/**
 * Points from which on a message of another fold is called spam: ham of the training folds may reach it as seldom as ham of all
 * folds may.
 */
export function thresholdOf(hamPoints: readonly number[]): number {
  const most = Math.floor((allowed.ham * hamPoints.length) / allowed.of)
  const highest = hamPoints.toSorted((a, b) => b - a)[most] ?? 0
  return Math.round(10 * (highest + 0.1)) / 10
}

async function trial(
  training: readonly CorpusMessage[],
  judged: readonly CorpusMessage[],
  views: ReadonlyMap<CorpusMessage, FilterMessage>,
  open: () => Promise<TrialMemory>,
): Promise<readonly (readonly [CorpusMessage, FilterVerdict])[]> {
  const memory = await open()
  try {
    const classifier = new Classifier(memory.tokens, seededRandom(2))
    for (const message of shuffled(training, 1)) {
      const view = views.get(message)
      if (view !== undefined) await classifier.learn(view, message.isSpam, undefined)
    }
    await classifier.review(undefined, 0, Infinity)
    return await judgeAll(judged, views, memory.tokens)
  } finally {
    await memory.close()
  }
}

async function judgeAll(
  judged: readonly CorpusMessage[],
  views: ReadonlyMap<CorpusMessage, FilterMessage>,
  tokens: TokenStore,
): Promise<readonly (readonly [CorpusMessage, FilterVerdict])[]> {
  const stages = [...builtInStages(), classifierStage(tokens)]
  const pipeline = createPipeline({ stages, thresholds: { tag: 4, junk: 6 }, log: silentLog })
  const results: (readonly [CorpusMessage, FilterVerdict])[] = []
  for (const message of judged) {
    const view = views.get(message)
    if (view !== undefined) results.push([message, await pipeline.judge(view)])
  }
  await pipeline.close()
  return results
}

/** As it would have come in: from a client of which nothing is known, as the corpus tells nothing of it. */
function viewOf({ octets, receivedAt, recipients }: CorpusMessage): FilterMessage {
  return filterMessage({
    queueId: '0000000000000000000000TEST',
    direction: 'inbound',
    octets,
    sender: '',
    recipients: recipients.map((address) => ({ address })),
    client: { address: '192.0.2.1', helo: 'client.example', name: 'client.example', isTls: true },
    ourDomains: [],
    authentication: Promise.resolve(strangerVerdict(receivedAt)),
    receivedAt,
  })
}

/** In the order that mail might have come in: spam and ham mixed, the same every time. */
function shuffled<T>(list: readonly T[], seed: number): readonly T[] {
  const random = seededRandom(seed)
  return list
    .map((item) => ({ item, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item)
}
