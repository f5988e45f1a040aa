import { environmentVariable } from '@posthouse/config/environment'
import { CliError } from './cli-error.ts'
import { outputFormats, presentationOf, type OutputOptions } from './output/format.ts'
import { mayColour } from './output/table.ts'
import { Terminal } from './output/terminal.ts'

/** The options that every command takes, as commander gives them. */
export interface CommonOptions extends OutputOptions {
  /** `--no-color`. */
  readonly color?: boolean | undefined
  /** `--no-input`. */
  readonly input?: boolean | undefined
  readonly config?: string | undefined
}

/** The options of commands that change something. */
export interface ChangeOptions extends CommonOptions {
  readonly dryRun?: boolean | undefined
}

/** The terminal for these options. */
export function terminalOf(options: CommonOptions): Terminal {
  const presentation = presentationOf(options)
  if ('unknown' in presentation)
    throw new CliError(
      'usage',
      'usage.unknown_format',
      `There is no output format "${presentation.unknown}"`,
      `formats: ${outputFormats.join(', ')}`,
    )
  return new Terminal(presentation, mayColour(process.stdout, isColourless(options)))
}

/** The terminal for what goes on until somebody ends it: JSON is an object a line then, for no list is ever whole. */
export function lineTerminal(options: CommonOptions): Terminal {
  const terminal = terminalOf(options)
  if (terminal.presentation.format !== 'json') return terminal
  return terminalOf({ ...options, json: undefined, output: 'ndjson' })
}

/** `--no-color`, NO_COLOR (any value but the empty one), TERM=dumb. */
export function isColourless(options: CommonOptions): boolean {
  const isDumb = environmentVariable('TERM') === 'dumb'
  return options.color === false || isDumb || environmentVariable('NO_COLOR') !== undefined
}

/** True if a person can be asked. */
export function mayAsk(options: CommonOptions): boolean {
  return options.input !== false && process.stdin.isTTY === true && process.stderr.isTTY === true
}
