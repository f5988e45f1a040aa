import { Zone } from '@posthouse/dns'
import { startDnsServer, type DnsServer } from '@posthouse/testkit'
import { password, ProcessSuite } from '../../journeys/house/process-suite.ts'
import { waitFor } from '../../journeys/house/wait-for.ts'
import { memoryBytes } from '../../bench/process-cost.ts'
import { descendantsOf, isAlive } from '../process-tree.ts'
import { Dice } from './dice.ts'
import type { FaultKind } from './fault-kinds.ts'
import { Gardener } from './gardener.ts'
import { Ledger } from './ledger.ts'
import { drainQueue, queuedText } from './queue-end.ts'
import { beRude } from './rude-clients.ts'
import { sendFromWorld, submitMail } from './senders.ts'
import { FaultySink } from './sink.ts'
import { verify, type Verdict } from './verify.ts'

/** A run of the harness. */
export interface CampaignPlan {
  readonly seed: number
  readonly seconds: number
  readonly kinds: readonly FaultKind[]
  /** `POSTHOUSE_FAULT_POINTS` and the like for the suite; a build that is broken on purpose. */
  readonly env?: Readonly<Record<string, string>>
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
  /** Memory of the suite after the first minute's load and after the last, MiB. */
  readonly memory: { readonly before: number; readonly after: number }
}

const accounts = ['gardener0', 'gardener1', 'reader0', 'reader1'].map(
  (name) => `${name}@example.test`,
)

/** Drives mail in, round and out while faults strike; then compares promises with what is there. */
export async function runCampaign(plan: CampaignPlan): Promise<CampaignResult> {
  const sink = new FaultySink()
  await sink.start()
  const dns = await startDnsServer(new Zone('sink.test A 127.0.0.1'))
  const suite = await ProcessSuite.start({ env: environment(sink, dns, plan.env ?? {}) })
  const ledger = new Ledger()
  const struck = new Map<string, { times: number; inFlight: number }>()
  try {
    for (const account of accounts) await suite.account(account)
    await plan.prepare?.(suite)
    const before = await memoryOf(suite)
    const repeatTimes = await load(plan, suite, ledger, struck)
    await settle(suite)
    const left = await drainQueue(suite)
    const queued = new Set(left.map(({ address }) => address))
    const verdict = await verify(suite, { accounts, ledger, sink, repeatTimes, queued })
    const after = await memoryOf(suite)
    const { acknowledged, unknown } = ledger
    const leftOver = await stopAndCount(suite)
    return {
      seed: plan.seed,
      seconds: plan.seconds,
      struck,
      acknowledged,
      unknown,
      outgoing: ledger.outgoing.length,
      verdict,
      stillQueued: left.map(queuedText),
      leftOver,
      memory: { before, after },
    }
  } catch (error) {
    plan.tell(`the suite's last words:\n${suite.output.slice(-6000)}`)
    throw error
  } finally {
    await suite.stop()
    await dns.close()
    await sink.stop()
  }
}

function environment(
  sink: FaultySink,
  dns: DnsServer,
  more: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return {
    POSTHOUSE_LOG_LEVEL: 'warn',
    POSTHOUSE_AUTH_PLAINTEXT: 'loopback',
    POSTHOUSE_CONNECTIONS_PER_ADDRESS: '500',
    POSTHOUSE_MX_PORT: String(sink.port),
    POSTHOUSE_RESOLVERS: dns.address,
    POSTHOUSE_ALLOW_PRIVATE_ADDRESSES: '1',
    ...more,
  }
}

/** All actors at once, and a fault every few seconds. @returns when faults struck that leave repeats open */
async function load(
  plan: CampaignPlan,
  suite: ProcessSuite,
  ledger: Ledger,
  struck: Map<string, { times: number; inFlight: number }>,
): Promise<readonly number[]> {
  const dice = new Dice(plan.seed)
  const stop = new AbortController()
  const rude = new Map<string, number>()
  const actors = [
    ...startActors(suite, ledger, dice, stop.signal),
    beRude([suite.ports.mx, suite.ports.imap, suite.ports.pop3], dice.split(9), rude, stop.signal),
  ]
  const repeatTimes: number[] = []
  const end = Date.now() + plan.seconds * 1000
  while (Date.now() < end) {
    await pause(1500 + dice.below(3500))
    if (plan.kinds.length === 0) continue
    const kind = dice.pick(plan.kinds)
    const { inFlight } = ledger
    plan.tell(`${kind.name} with ${inFlight} commands under way`)
    if (kind.mayRepeat) repeatTimes.push(Date.now())
    await kind.strike(suite, dice)
    if (kind.mayRepeat) repeatTimes.push(Date.now())
    const so = struck.get(kind.name) ?? { times: 0, inFlight: 0 }
    struck.set(kind.name, { times: so.times + 1, inFlight: so.inFlight + inFlight })
  }
  stop.abort()
  await Promise.all(actors)
  for (const [name, times] of rude) struck.set(name, { times, inFlight: 0 })
  return repeatTimes
}

function startActors(
  suite: ProcessSuite,
  ledger: Ledger,
  dice: Dice,
  signal: AbortSignal,
): readonly Promise<void>[] {
  const { mx, submission, imap } = suite.ports
  const sender = { ports: { mx, submission }, accounts, password, ledger, signal }
  const gardeners = [0, 1].flatMap((n) =>
    [0, 1].map((rest) =>
      new Gardener({
        port: imap,
        account: accounts[n] ?? '',
        password,
        share: { rest, of: 2 },
        ledger,
        dice: dice.split(20 + n * 2 + rest),
        signal,
      }).run(),
    ),
  )
  return [
    ...[1, 2, 3].map((part) => sendFromWorld({ ...sender, dice: dice.split(part) })),
    ...[4, 5].map((part) => submitMail({ ...sender, dice: dice.split(part) })),
    ...gardeners,
  ]
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
    120_000,
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
  const alive = await Promise.all(family.map((each) => isAlive(each)))
  return alive.filter(Boolean).length
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
