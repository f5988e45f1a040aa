import { parseArgs } from 'node:util'
import { runCampaign, type CampaignResult } from './campaign.ts'
import { faultKinds } from './fault-kinds.ts'
import { proofs, runProof, type Proof } from './proofs.ts'
import { isClean, resultTable, writeSection } from './report.ts'

const usage =
  'npm run faults -- [--minutes 10] [--seconds N] [--seed N] [--only WORD,WORD] [--record]\nnpm run faults -- --prove [--record]'

const proofSeconds = 40

process.exitCode = await main(process.argv.slice(2))

/** The fault harness by command line. @returns the exit code */
async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: String(Date.now() % 100_000) },
      minutes: { type: 'string', default: '10' },
      seconds: { type: 'string' },
      only: { type: 'string' },
      prove: { type: 'boolean', default: false },
      record: { type: 'boolean', default: false },
    },
  })
  const seed = Number(values.seed)
  const seconds = Number(values.seconds ?? Number(values.minutes) * 60)
  if (!Number.isInteger(seed) || !(seconds > 0 && seconds <= 86_400)) {
    process.stderr.write(`${usage}\n`)
    return 2
  }
  if (values.prove) return prove(seed, values.record)
  return strike(seed, seconds, values.only, values.record)
}

async function strike(
  seed: number,
  seconds: number,
  only: string | undefined,
  isRecorded: boolean,
): Promise<number> {
  const words = only?.split(',') ?? ['']
  const chosen = faultKinds.filter(({ name }) => words.some((word) => name.includes(word)))
  const skipped = chosen.flatMap(({ name, whyNot }) => {
    const because = whyNot?.()
    return because === undefined ? [] : [{ name, because }]
  })
  const kinds = chosen.filter(({ name }) => skipped.every((one) => one.name !== name))
  if (kinds.length === 0) {
    say(`${only}: ${skipped[0]?.because ?? 'no such fault'}`)
    return 2
  }
  const result = await runCampaign({ seed, seconds, kinds, tell: say })
  const left = skipped.map(({ name, because }) => `Not struck: ${name} (${because}).\n`)
  const table = [resultTable(result), ...left].join('\n')
  process.stdout.write(`${table}\n`)
  for (const line of complaintsOf(result)) process.stdout.write(`${line}\n`)
  if (isRecorded) await writeSection('run', table)
  return isClean(result) ? 0 : 1
}

async function prove(seed: number, isRecorded: boolean): Promise<number> {
  const lines: string[] = []
  let missed = 0
  for (const proof of proofs) {
    const { isRight, result } = await runProof(proof, seed, proofSeconds, say)
    const { lost, duplicated } = result.verdict
    const words = proofWords(proof, isRight)
    lines.push(`| ${proof.name} | ${words} | ${lost.length} | ${duplicated.length} |`)
    say(lines.at(-1) ?? '')
    if (!isRight) missed++
  }
  const head = [
    '| broken on purpose | the harness | lost | duplicated |',
    '| --- | --- | --- | --- |',
  ]
  const table = [`Seed ${seed}, ${proofSeconds} seconds each.`, '', ...head, ...lines, ''].join(
    '\n',
  )
  process.stdout.write(`${table}\n`)
  if (isRecorded) await writeSection('proofs', table)
  return missed === 0 ? 0 : 1
}

function proofWords({ expected }: Proof, isRight: boolean): string {
  if (expected === 'nothing') return isRight ? 'finds nothing' : 'finds what is NOT there'
  return isRight ? 'notices' : 'does NOT notice'
}

function complaintsOf({ verdict, stillQueued }: CampaignResult): readonly string[] {
  return [
    ...verdict.lost.slice(0, 20).map((line) => `lost: ${line}`),
    ...verdict.duplicated.slice(0, 20).map((line) => `duplicated: ${line}`),
    ...verdict.wrong.slice(0, 20).map((line) => `wrong: ${line}`),
    ...stillQueued.slice(0, 20).map((line) => `still queued: ${line}`),
  ]
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
