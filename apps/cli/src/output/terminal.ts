import { CliError } from '../cli-error.ts'
import { exitCodes } from '../exit-codes.ts'
import { formatTable, printable } from './table.ts'
import type { Presentation } from './format.ts'
import type { Exact, Kind } from './kind.ts'
import { formatYaml } from './yaml.ts'

/** The version of the JSON that commands print; names and meanings hold within it. */
export const schema = 'posthouse/v1'

/** A value of a field. Times are RFC 3339 UTC, sizes are octets. */
export type Field = string | number | boolean | null | readonly Field[] | Row

/** An object inside a field. */
export interface Row {
  readonly [name: string]: Field | undefined
}

/** One object of a list: its id and its fields by stable name. */
export interface Item<F = Readonly<Record<string, Field>>> {
  readonly id: string
  readonly fields: F
}

/** Where a command's words go: stdout gets data, stderr gets talk. */
export class Terminal {
  readonly presentation: Presentation
  readonly #colour: boolean

  constructor(presentation: Presentation, colour: boolean) {
    this.presentation = presentation
    this.#colour = colour
  }

  /** Prints a list of this kind (`AccountList`), with these columns in a table. */
  list<F extends Row, G extends F>(
    kind: Kind<F>,
    items: readonly Item<Exact<F, G>>[],
    columns: readonly (keyof F & string)[],
  ): void {
    const { format, idsOnly, fields } = this.presentation
    if (idsOnly) return this.data(items.map(({ id }) => id).join('\n'))
    const chosen = fields.length > 0 ? fields : undefined
    const shown = items.map((item) => pick(item, chosen))
    if (format === 'ndjson') return this.data(shown.map((item) => JSON.stringify(item)).join('\n'))
    if (format === 'json' || format === 'yaml')
      return this.#document({ schema, kind: listNameOf(kind.name), items: shown, next: null })
    const names = chosen ?? columns
    const rows = items.map((item) => names.map((name) => cell(item.fields[name])))
    if (format === 'plain') return this.data(rows.map((row) => row.join('\t')).join('\n'))
    if (items.length > 0) this.data(formatTable(names, rows, this.#colour))
  }

  /** Prints one object of this kind: what a change did, or what was asked for. */
  object<F extends Row, G extends F>(kind: Kind<F>, item: Item<Exact<F, G>>): void {
    this.#object(kind.name, item)
  }

  #object(kind: string, item: Item<Row>): void {
    const { format, idsOnly, fields } = this.presentation
    if (idsOnly) return this.data(item.id)
    const shown = pick(item, fields.length > 0 ? fields : undefined)
    if (format === 'json' || format === 'yaml') this.#document({ schema, kind, ...shown })
    else if (format === 'ndjson') this.data(JSON.stringify({ schema, kind, ...shown }))
    else if (format === 'plain')
      this.data(
        Object.entries(shown)
          .map(([name, value]) => `${name}\t${cell(value)}`)
          .join('\n'),
      )
  }

  /**
   * Prints one object of this kind that was asked for: for people name by name, without what says nothing and what is
   * `hidden` from them, because they are told it in another way.
   */
  show<F extends Row, G extends F>(
    kind: Kind<F>,
    item: Item<Exact<F, G>>,
    hidden: readonly (keyof F & string)[] = [],
  ): void {
    const { idsOnly, fields, format } = this.presentation
    if (idsOnly || format !== 'table') return this.#object(kind.name, item)
    const shown = Object.entries(pick(item, fields.length > 0 ? fields : undefined))
    const rows = shown
      .filter(([name]) => fields.length > 0 || !hidden.some((one) => one === name))
      .map(([name, value]) => [name, cell(value)])
      .filter(([, value]) => value !== '-' && value !== '')
    this.data(formatTable(['field', 'value'], rows, this.#colour))
  }

  /** Prints rows for people alone, beside what programs get as fields of an object. */
  table(rows: readonly Row[], columns: readonly string[]): void {
    if (!this.isTalking || rows.length === 0) return
    const cells = rows.map((row) => columns.map((name) => cell(row[name])))
    this.data(formatTable(columns, cells, this.#colour))
  }

  /** True if a person reads: talk is welcome. */
  get isTalking(): boolean {
    return !this.presentation.idsOnly && this.presentation.format === 'table'
  }

  /** A line for people, on stderr; nothing where a program reads. */
  talk(line: string): void {
    if (this.isTalking) process.stderr.write(`${line}\n`)
  }

  /** The command that people want to type next. */
  next(...commands: readonly string[]): void {
    for (const [index, command] of commands.entries())
      this.talk(`${index === 0 ? 'Next:' : '     '} ${command}`)
  }

  /** Data as it stands, on stdout. */
  data(text: string): void {
    if (text !== '') process.stdout.write(`${text}\n`)
  }

  #document(value: object): void {
    if (this.presentation.format === 'yaml') this.data(formatYaml(value).trimStart())
    else this.data(JSON.stringify(value, null, process.stdout.isTTY === true ? 2 : undefined))
  }
}

/** The name of a list of a kind. */
export function listNameOf(kind: string): string {
  return `${kind}List`
}

function pick(item: Item<Row>, names: readonly string[] | undefined): Row {
  if (names === undefined) return item.fields
  const known = Object.keys(item.fields)
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined)
    throw new CliError(
      'usage',
      'usage.unknown_field',
      `There is no field "${unknown}"`,
      `fields: ${known.join(', ')}`,
    )
  return Object.fromEntries(names.map((name) => [name, item.fields[name] ?? null]))
}

function cell(value: Field | undefined): string {
  if (value === undefined || value === null) return '-'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return wordsOf(value)
}

/** In a list or an object of a cell: objects as `name=value`. */
function wordsOf(value: Field): string {
  if (value === null || typeof value !== 'object') return printable(String(value ?? '-'))
  if (isList(value)) return value.map(wordsOf).join(', ')
  return Object.entries(value)
    .map(([name, one]) => `${printable(name)}=${wordsOf(one ?? '-')}`)
    .join(' ')
}

function isList(value: readonly Field[] | Row): value is readonly Field[] {
  return Array.isArray(value)
}

/** Prints a failure on stderr, in words or as JSON, and returns the exit code. */
export function tellError(error: unknown, asJson: boolean): number {
  const { code, message, hint, exit } = describe(error)
  if (asJson) {
    const body = { code, message, hint: hint ?? null, exit }
    process.stderr.write(`${JSON.stringify({ error: body })}\n`)
  } else {
    process.stderr.write(`posthouse: ${message}\n`)
    if (hint !== undefined) process.stderr.write(`  ${hint}\n`)
  }
  return exit
}

interface Described {
  readonly code: string
  readonly message: string
  readonly hint?: string | undefined
  readonly exit: number
}

function describe(error: unknown): Described {
  if (error instanceof CliError) return error
  if (!(error instanceof Error))
    return { code: 'failed', message: String(error), exit: exitCodes.failed }
  const hint = 'hint' in error && typeof error.hint === 'string' ? error.hint : undefined
  if (error.name === 'ConfigError')
    return { code: 'config.invalid', message: error.message, hint, exit: exitCodes.usage }
  if (error.name === 'StoreUnavailable')
    return {
      code: 'database.unreachable',
      message: `The database cannot be reached: ${error.message}`,
      hint: hint ?? 'posthouse status',
      exit: exitCodes.unreachable,
    }
  return { code: 'failed', message: error.message, hint, exit: exitCodes.failed }
}
