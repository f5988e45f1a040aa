import { fileURLToPath } from 'node:url'
import { runProgram } from './run-program.ts'

/** Fields by name in lower case, the first of each. */
export type Fields = Readonly<Record<string, string>>

/** A report (RFC 3464) as Python's email package reads it. */
export interface ParsedReport {
  readonly fields: Fields
  /** The media types of its three parts. */
  readonly types: readonly string[]
  /** What people read. */
  readonly text: string
  /** The fields about the message, and those about each recipient. */
  readonly message: Fields
  readonly recipients: readonly Fields[]
  /** The header of the message it is about. */
  readonly returned: Fields
}

const script = fileURLToPath(new URL('outbound-report.py', import.meta.url))

/** Parses one; throws for whatever Python finds wrong with it. */
export async function parseReport(octets: string): Promise<ParsedReport> {
  const input = Buffer.from(octets, 'latin1')
  const { code, stdout, stderr } = await runProgram('python3', [script], { input })
  if (code !== 0) throw new Error(`${stderr}\n${octets}`)
  const { fields, types, text, message, recipients, returned } = JSON.parse(stdout) as Read
  return {
    fields: record(fields),
    types,
    text,
    message: record(message),
    recipients: recipients.map(record),
    returned: record(returned),
  }
}

type Pairs = readonly (readonly [name: string, value: string])[]

interface Read {
  readonly fields: Pairs
  readonly types: readonly string[]
  readonly text: string
  readonly message: Pairs
  readonly recipients: readonly Pairs[]
  readonly returned: Pairs
}

function record(pairs: Pairs): Fields {
  return Object.fromEntries(
    pairs.toReversed().map(([name, value]) => [name.toLowerCase(), value] as const),
  )
}
