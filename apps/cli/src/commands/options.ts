import type { Command } from 'commander'
import { withExamples } from '../examples.ts'

/** Adds the options that every command takes, and its examples: `account list --domain example.org`. */
export function withOutput(command: Command, ...examples: readonly string[]): Command {
  return withExamples(command, examples)
    .option('-o, --output <format>', 'table, json, ndjson, plain or yaml')
    .option('--json', 'the same as -o json')
    .option('-q, --quiet', 'print ids only')
    .option('--fields <names>', 'print only these fields, in this order: a,b')
    .option('--no-color', 'no colours (so does NO_COLOR)')
    .option('--no-input', 'never ask; fail instead')
    .option('--config <file>', 'configuration file (default: posthouse.toml in the data folder)')
}

/** Adds the options of commands that change something, and its examples. */
export function withChange(command: Command, ...examples: readonly string[]): Command {
  return withOutput(command, ...examples).option(
    '-n, --dry-run',
    'say what would be done, do nothing',
  )
}

/** Adds the ways to give a password; argv is none of them, for every user of the machine can read it. */
export function withPassword(command: Command): Command {
  return command
    .option('--generate', 'make a password and print it once')
    .option('--password-stdin', 'read the password from standard input, one line')
    .option('--password-file <file>', 'read the password from the first line of a file')
}

/** For an option that may be given again and again. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}
