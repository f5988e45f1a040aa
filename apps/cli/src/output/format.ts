/** How data is written to stdout. */
export const outputFormats = ['table', 'json', 'ndjson', 'plain', 'yaml'] as const

/** One of {@link outputFormats}. */
export type OutputFormat = (typeof outputFormats)[number]

/** The options that every command takes. */
export interface OutputOptions {
  readonly output?: string | undefined
  readonly json?: boolean | undefined
  readonly quiet?: boolean | undefined
  readonly fields?: string | undefined
}

/** What a command wants its data to look like. */
export interface Presentation {
  readonly format: OutputFormat
  /** Print ids only, one a line. */
  readonly idsOnly: boolean
  /** The fields asked for, in this order; empty: the command's own choice. */
  readonly fields: readonly string[]
}

/**
 * Reads `-o`, `--json`, `-q` and `--fields`.
 * @returns the presentation, or the format's name if it is unknown
 */
export function presentationOf(options: OutputOptions): Presentation | { unknown: string } {
  const name = options.json === true ? 'json' : (options.output ?? 'table')
  const format = outputFormats.find((each) => each === name)
  if (format === undefined) return { unknown: name }
  const fields = (options.fields ?? '').split(',').map((field) => field.trim())
  return {
    format,
    idsOnly: options.quiet === true,
    fields: fields.filter((field) => field !== ''),
  }
}
