import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { descendantsOf } from '../../faults/process-tree.ts'
import type { CommandWorld } from './command-world.ts'
import { visibleOf, type RanExample } from './run-example.ts'

/**
 * Where secrets stand that must not: in what commands printed, were given, or could be seen by; in the suite's processes;
 * in its log; in the audit trail. Secrets are those that were planted, those that commands made and printed as such, and
 * the keys in the data folder.
 */
export async function findSecrets(
  world: CommandWorld,
  ran: readonly RanExample[],
  known: readonly string[],
): Promise<readonly string[]> {
  const made = ran.flatMap(({ stdout }) => passwordsOf(stdout))
  const keys = await keysOf(world)
  // A search for nothing finds nothing.
  if (made.length === 0 || keys.length < 3) throw new Error('there is no secret to look for')
  const { suite, store } = world
  const pid = suite.process.pid ?? 0
  const processes = await Promise.all([pid, ...(await descendantsOf(pid))].map(visibleOf))
  const audit = await store.audit.list({ limit: 100_000 })
  const places: (readonly [where: string, text: string, secrets: readonly string[]])[] = [
    ['the log', suite.output, [...known, ...made, ...keys]],
    ['a process', processes.join('\0'), [...known, ...made, ...keys]],
    ['the audit trail', JSON.stringify(audit), [...known, ...made, ...keys]],
  ]
  for (const { args, stdout, stderr, visible } of ran) {
    const name = `posthouse ${args.join(' ')}`
    places.push([`the output of ${name}`, stdout + stderr, [...known, ...keys]])
    places.push([`arguments or environment of ${name}`, visible, [...known, ...made, ...keys]])
  }
  return places.flatMap(([where, text, secrets]) =>
    secrets.filter((secret) => text.includes(secret)).map((secret) => `${secret} in ${where}`),
  )
}

/** Passwords that a command made: shown once, where they were asked for. */
function passwordsOf(stdout: string): readonly string[] {
  return [...stdout.matchAll(/"password":"([^"]+)"/g)].map(([, password]) => password ?? '')
}

/** A line from the middle of each key. */
async function keysOf({ suite }: CommandWorld): Promise<readonly string[]> {
  const pem = await Promise.all(
    ['ca-key.pem', 'tls-key.pem'].map((name) => readFile(path.join(suite.dataDir, name), 'utf8')),
  )
  const lines = pem.map((text) => text.split('\n')[1] ?? '')
  const secret = await readFile(path.join(suite.dataDir, 'secret-key'))
  return [...lines, secret.toString('base64').slice(0, 32), secret.toString('utf8').trim()].filter(
    (line) => line.length >= 16,
  )
}
