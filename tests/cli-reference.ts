import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { buildProgram } from '../apps/cli/src/program.ts'

// `npm run check` runs this: docs/cli.md is what the command tree says. `--write` makes it so.

const file = fileURLToPath(new URL('../docs/cli.md', import.meta.url))
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
`

function textOf(program: Command): string {
  const nouns = visible(program)
  return `${head}\n${nouns.map((noun) => section(noun)).join('\n')}`
}

function section(noun: Command): string {
  const verbs = visible(noun)
  const title = `## ${noun.name()}\n\n${sentence(noun.description())}\n`
  const lines = (verbs.length === 0 ? [noun] : verbs).flatMap((verb) => leaves(verb, noun))
  return `${title}\n| Command | What it does | Options |\n|---|---|---|\n${lines.join('\n')}\n`
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

const wanted = textOf(buildProgram())
if (process.argv.includes('--write')) await writeFile(file, wanted)
else if ((await readFile(file, 'utf8').catch(() => '')) !== wanted) {
  process.stdout.write(
    'docs/cli.md is out of date: node --conditions=@posthouse/source tests/cli-reference.ts --write\n',
  )
  process.exitCode = 1
}
