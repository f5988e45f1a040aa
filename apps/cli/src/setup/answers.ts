import { readFile } from 'node:fs/promises'
import { parse, TomlError } from 'smol-toml'
import { domainToASCII } from 'node:url'
import { CliError } from '../cli-error.ts'

/** What setup must know. */
export interface SetupAnswers {
  /** A-label, lower case. */
  readonly domain: string
  /** A-label, lower case. */
  readonly hostname: string
  /** The first mailbox. */
  readonly account: string
  /** `local`: an authority of our own makes it; otherwise PEM files. */
  readonly certificate: 'local' | { readonly cert: string; readonly key: string }
  /** `embedded`, or the URL of a Postgres. */
  readonly database: string
  /** `standard` (25, 465, 587, 993 …), or `high` (2525 …) for who may not use those. */
  readonly ports: 'standard' | 'high'
}

/** The same before it is checked; what is missing is asked for, or has its default. */
export interface RawAnswers {
  readonly domain?: string | undefined
  readonly hostname?: string | undefined
  readonly account?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  readonly database?: string | undefined
  readonly ports?: string | undefined
}

const names = ['domain', 'hostname', 'account', 'cert', 'key', 'database', 'ports'] as const

/** Reads `--answers FILE`: TOML with the names of the options. */
export async function readAnswers(file: string): Promise<RawAnswers> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw wrong(`The answers cannot be read: ${String(error)}`)
  })
  let table: Record<string, unknown>
  try {
    table = parse(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    throw wrong(`${file}:${error.line}: ${error.message.split('\n')[0] ?? ''}`)
  }
  for (const [name, value] of Object.entries(table)) {
    if (!names.some((known) => known === name))
      throw wrong(`${file}: "${name}" is no question; they are ${names.join(', ')}`)
    if (typeof value !== 'string') throw wrong(`${file}: ${name} must be a text in quotes`)
  }
  return table
}

/** The default of a question, given the answers before it. */
export const defaults = {
  hostname: (domain: string) => `mail.${domain}`,
  account: (domain: string) => `you@${domain}`,
  database: 'embedded',
  ports: () => (process.getuid?.() === 0 ? 'standard' : 'high'),
} as const

/**
 * Checks answers and fills in defaults.
 *
 * @throws CliError naming the option
 */
export function completeAnswers(raw: RawAnswers): SetupAnswers {
  if (raw.domain === undefined) throw wrong('The domain is missing', 'give --domain example.org')
  const domain = domainName(raw.domain, '--domain')
  const hostname = domainName(raw.hostname ?? defaults.hostname(domain), '--hostname')
  const account = raw.account ?? defaults.account(domain)
  const at = account.lastIndexOf('@')
  if (at < 1 || domainToASCII(account.slice(at + 1)).toLowerCase() !== domain)
    throw wrong(`"${account}" is no address of ${domain}`, `--account you@${domain}`)
  const { cert, key, database = defaults.database, ports = defaults.ports() } = raw
  if ((cert === undefined) !== (key === undefined))
    throw wrong('--cert and --key belong together', 'give both, or neither')
  if (database !== 'embedded' && !/^postgres(ql)?:\/\//.test(database))
    throw wrong(`"${database}" is no database`, '--database embedded, or postgres://…')
  if (ports !== 'standard' && ports !== 'high') throw wrong(`--ports ${ports}: standard or high`)
  const certificate = cert === undefined || key === undefined ? 'local' : { cert, key }
  return { domain, hostname, account, certificate, database, ports }
}

/** A host or domain name with a dot in it (RFC 1123 §2.1), as A-label. */
export function domainName(text: string, option: string): string {
  const name = domainToASCII(text.trim()).toLowerCase()
  const isName = /^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+$/.test(name)
  if (isName && name.length <= 253) return name
  throw wrong(`"${text}" is no name such as example.org`, option)
}

function wrong(message: string, hint?: string): CliError {
  return new CliError('usage', 'setup.answer', message, hint)
}
