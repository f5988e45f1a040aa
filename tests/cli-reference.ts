import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { examplesOf } from '../apps/cli/src/examples.ts'
import type { Kind } from '../apps/cli/src/output/kind.ts'
import type { Row } from '../apps/cli/src/output/terminal.ts'
import { buildProgram } from '../apps/cli/src/program.ts'
import { allKinds, schemaText } from './cli-schemas.ts'

// `npm run check` runs this: docs/cli.md is what the command tree says, docs/schemas what its kinds say. `--write`
// makes it so.

const docs = fileURLToPath(new URL('../docs/', import.meta.url))
/** Options that every command takes are told once. */
const common = new Set([
  '--output',
  '--json',
  '--quiet',
  '--fields',
  '--no-color',
  '--no-input',
  '--config',
  '--help',
  '--version',
])

const head = `# The command line

Made from the command tree by \`node --conditions=@posthouse/source tests/cli-reference.ts --write\`; \`posthouse NOUN VERB --help\` says the same.

Data goes to standard output, talk to standard error. Every command takes \`-o table|json|ndjson|plain|yaml\` (\`--json\` for short),
\`--fields a,b\`, \`-q\` (ids only), \`--no-color\`, \`--no-input\` (never ask) and \`--config FILE\`; those that change something also
\`-n\`, \`--dry-run\`. Exit codes: 0 done, 1 failed, 2 usage, 3 a check found failures, 4 not permitted, 5 not found, 6 conflict,
7 unreachable, 8 still pending, 9 partly done, 10 warnings with --strict, 130 interrupted.

[schemas/posthouse-v1.json](schemas/posthouse-v1.json) is the JSON Schema (draft 2020-12) of all that \`--json\` prints; the
[last section](#json) has its kinds in short.
`

function textOf(program: Command, kinds: readonly Kind<Row>[]): string {
  const nouns = visible(program)
  return `${head}\n${nouns.map((noun) => section(noun)).join('\n')}\n${kindsText(kinds)}`
}

/** Every kind and the names of its fields. */
function kindsText(kinds: readonly Kind<Row>[]): string {
  const rows = kinds.map(({ name, about, schema }) => {
    const { properties = {}, patternProperties = {} } = schema
    const ending = Object.keys(patternProperties).map((end) => end.replace(/^\.(.*)\$$/, '*$1'))
    const names = [...Object.keys(properties), ...ending].map((field) => `\`${field}\``)
    return `| \`${name}\` | ${about} | ${names.join(' ')} |`
  })
  return `## JSON

An object is \`{"schema":"posthouse/v1","kind":"Account", …}\` with its kind's fields; several are
\`{"schema":"posthouse/v1","kind":"AccountList","items":[…],"next":null}\`; with \`-o ndjson\` each item is a line. A failure is one
line on standard error, \`{"error":{"code":"account.not_found","message":"…","hint":"…","exit":5}}\`; long work tells now and
then \`{"progress":{…}}\`. Times are RFC 3339 in UTC, sizes are octets. Names stay; new ones may come.

| Kind | What it is | Fields |
|---|---|---|
${rows.join('\n')}
`
}

function section(noun: Command): string {
  const verbs = visible(noun)
  const title = `## ${noun.name()}\n\n${sentence(noun.description())}\n`
  const lines = (verbs.length === 0 ? [noun] : verbs).flatMap((verb) => leaves(verb, noun))
  const examples = allExamples(noun).map((line) => `posthouse ${line}\n`)
  const shown = examples.length === 0 ? '' : `\n\`\`\`\n${examples.join('')}\`\`\`\n`
  return `${title}\n| Command | What it does | Options |\n|---|---|---|\n${lines.join('\n')}\n${shown}`
}

function allExamples(command: Command): readonly string[] {
  return [...examplesOf(command), ...visible(command).flatMap(allExamples)]
}

/** A row for a command, or for each of its children. */
function leaves(command: Command, noun: Command, above = ''): readonly string[] {
  const children = visible(command)
  const name = command === noun ? noun.name() : `${noun.name()} ${above}${command.name()}`
  if (children.length > 0) {
    return children.flatMap((child) => leaves(child, noun, `${above}${command.name()} `))
  }
  const places = command.registeredArguments.map((argument) => {
    const text = argument.variadic ? `${argument.name()}...` : argument.name()
    return argument.required ? `<${text}>` : `[${text}]`
  })
  const options = command.options
    .filter(({ long, hidden }) => !hidden && long != null && !common.has(long))
    .filter(({ long }) => long !== '--dry-run')
    .map(({ flags, description }) => `\`${flags}\` ${description}`)
  const cells = [`\`${[name, ...places].join(' ')}\``, command.description(), options.join('<br>')]
  return [`| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`]
}

function visible(command: Command): readonly Command[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((child) => child.name() !== 'help')
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

const kinds = await allKinds()
const wanted: readonly (readonly [string, string])[] = [
  ['cli.md', textOf(buildProgram(), kinds)],
  ['schemas/posthouse-v1.json', schemaText(kinds)],
]
for (const [name, content] of wanted) {
  if (process.argv.includes('--write')) {
    await mkdir(path.dirname(docs + name), { recursive: true })
    await writeFile(docs + name, content)
  } else if ((await readFile(docs + name, 'utf8').catch(() => '')) !== content) {
    process.stdout.write(
      `docs/${name} is out of date: node --conditions=@posthouse/source tests/cli-reference.ts --write\n`,
    )
    process.exitCode = 1
  }
}
