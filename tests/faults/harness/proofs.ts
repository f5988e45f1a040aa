import { fileURLToPath } from 'node:url'
import pg from 'pg'
import type { ProcessSuite } from '../../journeys/house/process-suite.ts'
import { runCampaign, type CampaignResult } from './campaign.ts'
import { faultKinds } from './fault-kinds.ts'
import { isClean } from './report.ts'

/** A build, or a setting, that breaks a promise on purpose. */
export interface Proof {
  readonly name: string
  /** Words of the faults that bring it to light. */
  readonly faults: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly prepare?: (suite: ProcessSuite) => Promise<void>
  /** What the harness must have found; `nothing` where all is whole. */
  readonly expected: 'lost' | 'duplicated' | 'nothing'
}

const hook = fileURLToPath(new URL('broken-build-hook.js', import.meta.url))

/** Everything that the harness must notice. */
export const proofs: readonly Proof[] = [
  {
    name: 'nothing, for comparison',
    faults: ['kill mx', 'kill postgres', 'immediate shutdown'],
    env: {},
    expected: 'nothing',
  },
  {
    // A moment before it, so that whoever dies then has something to lose.
    name: '250 before the commit',
    faults: ['kill mx', 'kill postgres'],
    env: broken(
      'packages/reception/dist/receive.js',
      'await store.deliver({',
      'await ((delivery) => (setTimeout(() => void store.deliver(delivery).catch(() => undefined), 300), { copies: delivery.recipients.map(() => ({ kind: "delivered", mailbox: 1, uid: 1 })) }))({',
    ),
    expected: 'lost',
  },
  {
    name: 'synchronous_commit=off',
    faults: ['kill postgres', 'immediate shutdown'],
    env: { POSTHOUSE_UNSAFE_DB: '1' },
    prepare: loosen,
    expected: 'lost',
  },
  {
    name: 'a retry of what was delivered',
    faults: [],
    env: broken(
      'apps/delivery/dist/recorder.js',
      'const { lost } = await this.#queue.record(token, outcomes, reports)',
      'for (const one of outcomes) { const key = one.queueId + one.n; if (one.kind === "delivered" && !(globalThis.twice ??= new Set()).has(key)) { globalThis.twice.add(key); one.kind = "deferred"; one.retryInSeconds = 1 } } const { lost } = await this.#queue.record(token, outcomes, reports)',
    ),
    expected: 'duplicated',
  },
]

function isAsExpected({ expected }: Proof, result: CampaignResult): boolean {
  if (expected === 'nothing') return isClean(result)
  return !isClean(result) && result.verdict[expected].length > 0
}

/** Runs a proof. @returns whether the harness saw what it had to see, and what that was */
export async function runProof(
  proof: Proof,
  seed: number,
  seconds: number,
  tell: (line: string) => void,
): Promise<{ readonly isRight: boolean; readonly result: CampaignResult }> {
  const result = await runCampaign({
    seed,
    seconds,
    messages: 20,
    isBroken: proof.expected !== 'nothing',
    kinds: faultKinds.filter(({ name }) => proof.faults.includes(name)),
    env: proof.env,
    ...(proof.prepare === undefined ? {} : { prepare: proof.prepare }),
    tell,
  })
  return { isRight: isAsExpected(proof, result), result }
}

function broken(file: string, find: string, replace: string): Readonly<Record<string, string>> {
  return {
    NODE_OPTIONS: `--import ${hook}`,
    POSTHOUSE_BROKEN_BUILD: JSON.stringify({ file, find, replace }),
  }
}

async function loosen(suite: ProcessSuite): Promise<void> {
  const url = (await suite.status())?.databaseUrl
  if (url === undefined || url === null) throw new Error('there is no database')
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  // Longer than the default: what is acknowledged and not written yet must be there when the server dies.
  await client.query('ALTER SYSTEM SET wal_writer_delay = 10000')
  await client.query('ALTER SYSTEM SET synchronous_commit = off')
  await client.query('SELECT pg_reload_conf()')
  await client.end()
}
