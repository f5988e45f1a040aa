import { writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { ProcessSuite } from '../../journeys/house/process-suite.ts'
import { waitFor } from '../../journeys/house/wait-for.ts'
import { memoryBytes } from '../../bench/process-cost.ts'
import { descendantsOf, isAlive } from '../process-tree.ts'
import { accounts, startActors } from './actors.ts'
import { Dice } from './dice.ts'
import { Ledger } from './ledger.ts'
import { drainQueue, queuedText } from './queue-end.ts'
import { isClean } from './report.ts'
import { pause, type FaultKind, type Scene } from './scene.ts'
import { startSuiteUnderTest, type SuiteUnderTest } from './suite-under-test.ts'
import { verify, type Verdict } from './verify.ts'

/** A run of the harness. */
export interface CampaignPlan {
  readonly seed: number
  readonly seconds: number
  readonly kinds: readonly FaultKind[]
  /** It goes on, on a machine that is busy, until so many messages for remote hosts were taken. */
  readonly messages?: number
  /** `POSTHOUSE_FAULT_POINTS` and the like for the suite; a build that is broken on purpose. */
  readonly env?: Readonly<Record<string, string>>
  /** The build is broken on purpose: what is found needs no log. */
  readonly isBroken?: boolean
  /** Called once when the suite has started first. */
  readonly prepare?: (suite: ProcessSuite) => Promise<void>
  readonly tell: (line: string) => void
}

/** What came out. */
export interface CampaignResult {
  readonly seed: number
  readonly seconds: number
  /** By fault: how often, and how many commands were under way then. */
  readonly struck: ReadonlyMap<string, { times: number; inFlight: number }>
  readonly acknowledged: number
  readonly unknown: number
  readonly outgoing: number
  readonly verdict: Verdict
  /** Recipients that were neither sent nor returned in five quiet minutes: not lost, and not as it should be. */
  readonly stillQueued: readonly string[]
  /** Processes that were left after the suite had stopped. */
  readonly leftOver: number
  /** Memory of the suite under its first load and after the last, MiB. */
  readonly memory: { readonly before: number; readonly after: number }
}

/** Drives mail in, round and out while faults strike; then compares promises with what is there. */
export async function runCampaign(plan: CampaignPlan): Promise<CampaignResult> {
  const { seed, kinds, env = {} } = plan
  const needsDisk = kinds.some(({ name }) => name === 'disk full')
  const under = await startSuiteUnderTest({ seed, env, needsDisk })
  try {
    const result = await campaign(plan, under)
    if (!isClean(result) && plan.isBroken !== true) await keepLog(plan, under)
    return result
  } catch (error) {
    await keepLog(plan, under)
    throw error
  } finally {
    await under.stop()
  }
}

/** Every message goes to somebody new, all day long: nobody else writes like that. */
async function liftCaps(suite: ProcessSuite, account: string): Promise<void> {
  const settings = ['send.messages-per-day=unlimited', 'send.new-recipients-per-day=unlimited']
  const { code, stderr } = await suite.posthouse(['account', 'set', account, ...settings])
  if (code !== 0) throw new Error(`account set ${account}: ${stderr}`)
}

/** What the suite said: a finding without it is a riddle. */
async function keepLog({ seed, tell }: CampaignPlan, { suite }: SuiteUnderTest): Promise<void> {
  const file = path.join(os.tmpdir(), `posthouse-faults-${seed}.log`)
  await writeFile(file, suite.output)
  tell(`what the suite said is in ${file}; its last words:\n${suite.output.slice(-2000)}`)
}

async function campaign(plan: CampaignPlan, under: SuiteUnderTest): Promise<CampaignResult> {
  const { suite, sink } = under
  const { seed, seconds } = plan
  const ledger = new Ledger()
  await Promise.all(accounts.map((account) => suite.account(account)))
  for (const account of accounts) await liftCaps(suite, account)
  await plan.prepare?.(suite)
  const { struck, repeatTimes, before } = await load(plan, under, ledger)
  sink.isPolite = true
  await settle(suite)
  const left = await drainQueue(suite)
  const queued = new Set(left.map(({ address }) => address))
  const verdict = await verify(suite, { accounts, ledger, sink, repeatTimes, queued })
  const after = await memoryOf(suite)
  const { acknowledged, unknown } = ledger
  return {
    seed,
    seconds,
    struck,
    acknowledged,
    unknown,
    outgoing: ledger.outgoing.length,
    verdict,
    stillQueued: left.map(queuedText),
    leftOver: await stopAndCount(suite),
    memory: { before, after },
  }
}

type Struck = Map<string, { times: number; inFlight: number }>

interface Loaded {
  readonly struck: Struck
  /** When something broke that leaves repeats open. */
  readonly repeatTimes: readonly number[]
  /** Memory before the first fault, MiB. */
  readonly before: number
}

/** How much longer a run may take that waits for its messages. */
const patienceMs = 180_000

/** All actors at once, and a fault every few seconds. */
async function load(plan: CampaignPlan, under: SuiteUnderTest, ledger: Ledger): Promise<Loaded> {
  const { suite } = under
  const dice = new Dice(plan.seed)
  const stop = new AbortController()
  const rude = new Map<string, number>()
  const actors = startActors({ suite, ledger, dice, signal: stop.signal, rude })
  const complain = (text: string): void => void ledger.complaints.push(text)
  const scene: Scene = { ...under, dice, complain }
  const struck: Struck = new Map()
  const repeatTimes: number[] = []
  const bag: FaultKind[] = []
  await pause(1500)
  const before = await memoryOf(suite)
  const end = Date.now() + plan.seconds * 1000
  const isOver = (): boolean => {
    const isEnough = ledger.outgoing.length >= (plan.messages ?? 0)
    return Date.now() > (isEnough ? end : end + patienceMs)
  }
  while (!isOver()) {
    await pause(1500 + dice.below(3500))
    // All in turn, in another order each time: none is left to chance.
    if (bag.length === 0) bag.push(...dice.shuffled(plan.kinds))
    const kind = bag.pop()
    if (kind === undefined) continue
    const { inFlight } = ledger
    plan.tell(`${kind.name} with ${inFlight} commands under way`)
    if (kind.mayRepeat) repeatTimes.push(Date.now())
    const isStruck = await kind.strike(scene)
    if (kind.mayRepeat) repeatTimes.push(Date.now())
    if (isStruck) count(struck, kind, inFlight)
  }
  stop.abort()
  await Promise.all(actors)
  for (const [name, times] of rude) struck.set(name, { times, inFlight: 0 })
  return { struck, repeatTimes, before }
}

function count(struck: Struck, { name }: FaultKind, inFlight: number): void {
  const so = struck.get(name) ?? { times: 0, inFlight: 0 }
  struck.set(name, { times: so.times + 1, inFlight: so.inFlight + inFlight })
}

/** Waits until everything runs again. */
async function settle(suite: ProcessSuite): Promise<void> {
  await waitFor(
    'the suite to be whole again',
    async () => {
      const status = await suite.status()
      const isWhole = status?.apps.every(({ state }) => state === 'running') === true
      return isWhole && status.database.state === 'running' ? true : undefined
    },
    300_000,
  )
}

async function memoryOf(suite: ProcessSuite): Promise<number> {
  const { pid } = suite.process
  return pid === undefined ? 0 : (await memoryBytes([pid])) / 2 ** 20
}

async function stopAndCount(suite: ProcessSuite): Promise<number> {
  const { pid } = suite.process
  const family = pid === undefined ? [] : [pid, ...(await descendantsOf(pid))]
  suite.process.kill('SIGTERM')
  await suite.ended()
  return stillAlive(family)
}

/** How many of these are there half a minute later: a busy machine takes a moment to bury its dead. */
async function stillAlive(pids: readonly number[]): Promise<number> {
  for (const end = Date.now() + 30_000; ; await pause(100)) {
    const alive = await Promise.all(pids.map((each) => isAlive(each)))
    const left = alive.filter(Boolean).length
    if (left === 0 || Date.now() > end) return left
  }
}
