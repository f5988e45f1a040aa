import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { installPackages } from '../runner/debian.ts'
import { benchFilter } from './filter/filter-bench.ts'
import { measures, notBuilt } from './measures/all.ts'
import { parseOptions, usage, type BenchOptions, type PeerName } from './options.ts'
import { writeReport } from './report.ts'
import { keepRun } from './results.ts'
import { runMeasure, type CaseFigures } from './rounds.ts'
import type { Side } from './side.ts'
import { HarakaSide } from './sides/haraka.ts'
import { PosthouseSide } from './sides/posthouse.ts'
import { PostfixDovecotSide, postfixDovecotPackages } from './sides/postfix-dovecot.ts'
import { figuresTable } from './table.ts'

process.exitCode = await main(process.argv.slice(2))

/** The bench by command line. @returns the exit code */
async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args)
    if (options.isReport) {
      for (const file of await writeReport()) say(`wrote ${file}`)
      return 0
    }
    if (options.measures.includes('filter')) return await benchFilterAlone(options)
    return await bench(options)
  } catch (error) {
    say(`bench: ${error instanceof Error ? error.message : String(error)}\n${usage}`)
    return 2
  }
}

/** The filter is measured by what it says, not by rounds: it has a command line of its own. */
async function benchFilterAlone(options: BenchOptions): Promise<number> {
  if (options.measures.length > 1) throw new Error('filter goes by itself')
  const { isJson, isKept, isInPostgres, peers } = options
  await benchFilter({ isJson, isKept, isInPostgres, isAlone: peers.length === 0 }, print, say)
  return 0
}

async function bench(options: BenchOptions): Promise<number> {
  for (const name of options.measures) {
    if (notBuilt.includes(name))
      print(options.isJson ? { measure: name, built: false } : `${name}: not built`)
    else if (measures.every((each) => each.name !== name)) throw new Error(`no measure "${name}"`)
  }
  await preparePeers(options.peers)
  const smoke = options.scale === 'smoke' ? await mkdtemp(path.join(tmpdir(), 'bench-')) : undefined
  const posthouse = new PosthouseSide(smoke)
  const asked = options.peers.map(sideOf)
  const chosen = measures.filter(
    ({ name }) => options.measures.length === 0 || options.measures.includes(name),
  )
  const all: CaseFigures[] = []
  let failures = 0
  for (const measure of chosen) {
    const own = measure.peers?.(posthouse, asked)
    const sides = [posthouse, ...(own ?? asked)]
    try {
      const figures = await runMeasure(measure, sides, options.scale, options.rounds, say)
      all.push(...figures)
      for (const each of figures) if (options.isJson) print(jsonOf(each))
    } catch (error) {
      failures++
      say(`${measure.name} failed: ${error instanceof Error ? error.message : String(error)}`)
    }
    for (const side of own ?? []) await side.stop()
  }
  for (const side of [posthouse, ...asked]) await side.stop()
  if (smoke !== undefined) await rm(smoke, { recursive: true, force: true })
  if (!options.isJson) print(figuresTable(all))
  if (options.isKept && all.length > 0) say(`kept ${await keepRun(options.scale, all)}`)
  return failures > 0 ? 1 : 0
}

async function preparePeers(peers: readonly PeerName[]): Promise<void> {
  if (peers.length === 0) return
  const missing = await installPackages(postfixDovecotPackages, say)
  const [first] = missing
  if (first !== undefined) throw new Error(`${first.name}: ${first.because}`)
}

function sideOf(name: PeerName): Side {
  if (name === 'haraka') return new HarakaSide()
  return new PostfixDovecotSide(name === 'postfix-dovecot' ? 'sdbox' : 'maildir')
}

/** One line of `--json`: the first peer's ratio, and every peer by name. */
function jsonOf({ measure, unit, posthouse, peers }: CaseFigures): unknown {
  const [peer] = peers
  return { measure, unit, posthouse, peer, ratio: peer?.ratio, peers }
}

function print(what: unknown): void {
  process.stdout.write(`${typeof what === 'string' ? what : JSON.stringify(what)}\n`)
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
