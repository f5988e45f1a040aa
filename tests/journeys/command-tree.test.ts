import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { examplesOf } from '../../apps/cli/src/examples.ts'
import { buildProgram } from '../../apps/cli/src/program.ts'
import { loadJsonCheck, type JsonCheck } from './house/json-check.ts'
import { commandFixtures, type CommandFixture } from './house/command-fixtures.ts'
import { CommandWorld, planted } from './house/command-world.ts'
import { findSecrets } from './house/find-secrets.ts'
import { runExample, type RanExample } from './house/run-example.ts'

// Every command of the tree, by the tree: its help, its examples in a running installation, its JSON by the published
// schema. A new command needs an example in its tree and nothing here, unless its examples need something to be there.

const root = fileURLToPath(new URL('../../', import.meta.url))

interface Leaf {
  /** Its words: `queue suppress add`. */
  readonly name: string
  readonly command: Command
}

function leavesOf(command: Command, above: readonly string[] = []): readonly Leaf[] {
  const children = command.createHelp().visibleCommands(command)
  return children
    .filter((child) => child.name() !== 'help')
    .flatMap((child) => {
      const words = [...above, child.name()]
      const below = leavesOf(child, words)
      return below.length > 0 ? below : [{ name: words.join(' '), command: child }]
    })
}

const leaves = leavesOf(buildProgram())
let world: CommandWorld
let json: JsonCheck
const ran: RanExample[] = []

before(async () => {
  json = await loadJsonCheck()
  world = await CommandWorld.start()
})
after(() => world?.stop())

test('fixtures are for commands that there are', () => {
  const names = new Set(leaves.map(({ name }) => name))
  for (const name of Object.keys(commandFixtures))
    assert.ok(names.has(name), `there is no command "${name}": take its fixture away`)
})

for (const { name, command } of leaves) {
  const fixture = commandFixtures[name] ?? {}

  test(`${name}: its help has an example of it and tells every option`, () => {
    const examples = examplesOf(command)
    assert.ok(
      examples.length > 0,
      `posthouse ${name} has no example: give withOutput or withChange one in its tree`,
    )
    for (const example of examples)
      assert.ok(
        example === name || example.startsWith(`${name} `),
        `"${example}" is no example of posthouse ${name}`,
      )
    const help = helpOf(command)
    assert.ok(help.startsWith(`Examples:\n  posthouse ${name}`), help)
    assert.ok(command.description() !== '', `posthouse ${name} says nothing of itself`)
    for (const { flags, description } of command.options)
      assert.ok(description !== '', `${flags} of posthouse ${name} says nothing of itself`)
  })

  test(`${name}: an option that it does not know is a usage error`, async () => {
    const words = [...name.split(' '), '--no-such-option']
    // Known by its name: commander stands in several versions among the modules.
    await assert.rejects(buildProgram().parseAsync(words, { from: 'user' }), {
      name: 'CommanderError',
      code: /^commander\.(unknownOption|missingMandatoryOptionValue)$/,
    })
  })

  test(`${name}: its examples run, piped without escape codes, as JSON by their schema`, async () => {
    if (fixture.elsewhere !== undefined) return isTested(name, fixture.elsewhere)
    for (const example of examplesOf(command)) await walk(name, command, example, fixture)
  })
}

async function walk(
  name: string,
  command: Command,
  example: string,
  fixture: CommandFixture,
): Promise<void> {
  await fixture.prepare?.(world)
  const { instead = {}, more = [] } = fixture.words?.(world) ?? {}
  const words = [...world.wordsOf(example).map((word) => instead[word] ?? word), ...more]
  const changes = command.options.some(({ long }) => long === '--dry-run')
  const isPlain = fixture.plain !== undefined
  const follows =
    fixture.follows === true || words.includes('--watch') || words.includes('--follow')
  const run = async (args: readonly string[]): Promise<RanExample> => {
    const done = await runExample(world, args, follows)
    ran.push(done)
    const ends = [0, ...(fixture.ends ?? []), ...(follows ? [130] : [])]
    assert.ok(
      ends.includes(Number(done.code)),
      `posthouse ${args.join(' ')} ended with ${done.code}: ${done.stdout}${done.stderr}\nIf an example of "${name}" needs something to be there, or may end so, say so in tests/journeys/house/command-fixtures.ts`,
    )
    const escape = (done.stdout + done.stderr).indexOf('\u001b')
    assert.equal(escape, -1, `posthouse ${args.join(' ')} prints escape codes into a pipe`)
    return done
  }
  // What it would do comes first, so that doing it is left; a command that only looks can be run twice.
  const isAnyway = words.includes('--json')
  if (!isAnyway && fixture.once !== true) await run(changes ? [...words, '--dry-run'] : words)
  if (isPlain) return
  const { code, stdout, stderr } = await run(isAnyway ? words : [...words, '--json'])
  const what = `posthouse ${words.join(' ')} --json`
  if (follows) json.checkLines(what, stdout)
  else if (code !== 0 && stdout === '') json.checkError(what, stderr)
  else json.check(what, stdout)
}

test('a command that fails says so in JSON, by its schema', async () => {
  for (const args of [
    ['account', 'show-me', '--json'],
    ['account', 'passwd', 'nobody@example.org', '--generate', '--json'],
    ['queue', 'list', '--limit', 'many', '-o', 'ndjson'],
  ]) {
    const done = await runExample(world, args, false)
    assert.notEqual(done.code, 0)
    assert.equal(done.stdout, '')
    json.checkError(`posthouse ${args.join(' ')}`, done.stderr)
  }
})

test('no secret is in an argument, an environment, the log, the audit trail or what was printed', async () => {
  assert.ok(ran.length > leaves.length)
  // What is no secret is found everywhere: the search sees these places.
  const known = (await findSecrets(world, ran, ['ada@example.org'])).join('\n')
  for (const place of ['the audit trail', 'the output of posthouse', 'arguments or environment'])
    assert.ok(known.includes(`in ${place}`), `${place} was not looked at`)
  assert.deepEqual(await findSecrets(world, ran, Object.values(planted)), [])
})

function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({ writeOut: (piece) => (text += piece) })
  command.outputHelp()
  return text
}

async function isTested(name: string, file: string): Promise<void> {
  const text = await readFile(path.join(root, file), 'utf8')
  const [last = ''] = name.split(' ').slice(-1)
  assert.ok(text.includes(`'${last}'`), `${file} does not run posthouse ${name}`)
}
