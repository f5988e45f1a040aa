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
  readonly certificate: CertificateAnswer
  /** `embedded`, or the URL of a Postgres. */
  readonly database: string
  /** `standard` (25, 465, 587, 993 …), or `high` (2525 …) for who may not use those. */
  readonly ports: 'standard' | 'high'
}

/**
 * Where the certificate is from: `local`: an authority of our own makes it; `acme`: a public one issues it, to whose terms that is
 * a yes; otherwise PEM files.
 */
export type CertificateAnswer =
  | 'local'
  | { readonly kind: 'acme'; readonly email: string }
  | { readonly kind: 'files'; readonly cert: string; readonly key: string }

/** The same before it is checked; what is missing is asked for, or has its default. */
export interface RawAnswers {
  readonly domain?: string | undefined
  readonly hostname?: string | undefined
  readonly account?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  /** `acme`, `files` or `self-signed`. */
  readonly tls?: string | undefined
  /** Where the authority may write to; by default the first mailbox. */
  readonly acmeEmail?: string | undefined
  readonly database?: string | undefined
  readonly ports?: string | undefined
}

/** As they are written in a file, and what they are called here. */
const names: Readonly<Record<string, keyof RawAnswers>> = {
  domain: 'domain',
  hostname: 'hostname',
  account: 'account',
  tls: 'tls',
  cert: 'cert',
  key: 'key',
  'acme-email': 'acmeEmail',
  database: 'database',
  ports: 'ports',
}

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
  const answers = Object.entries(table).map(([name, value]) => {
    const key = Object.hasOwn(names, name) ? names[name] : undefined
    if (key === undefined)
      throw wrong(`${file}: "${name}" is no question; they are ${Object.keys(names).join(', ')}`)
    if (typeof value !== 'string') throw wrong(`${file}: ${name} must be a text in quotes`)
    return [key, value] as const
  })
  return Object.fromEntries(answers)
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
  const { database = defaults.database, ports = defaults.ports() } = raw
  if (database !== 'embedded' && !/^postgres(ql)?:\/\//.test(database))
    throw wrong(`"${database}" is no database`, '--database embedded, or postgres://…')
  if (ports !== 'standard' && ports !== 'high') throw wrong(`--ports ${ports}: standard or high`)
  const certificate = certificateOf(raw, account)
  return { domain, hostname, account, certificate, database, ports }
}

function certificateOf(
  { tls, cert, key, acmeEmail }: RawAnswers,
  account: string,
): CertificateAnswer {
  if ((cert === undefined) !== (key === undefined))
    throw wrong('--cert and --key belong together', 'give both, or neither')
  const hasFiles = cert !== undefined && key !== undefined
  const kind = tls ?? (hasFiles ? 'files' : acmeEmail === undefined ? 'self-signed' : 'acme')
  if (!['acme', 'files', 'self-signed'].includes(kind))
    throw wrong(`--tls ${kind}: acme, files or self-signed`)
  if (hasFiles !== (kind === 'files'))
    throw wrong(`--tls ${kind} ${hasFiles ? 'takes no' : 'needs'} --cert and --key`)
  if (acmeEmail !== undefined && kind !== 'acme')
    throw wrong(`--acme-email is for --tls acme, not for ${kind}`)
  if (kind === 'acme') return { kind, email: acmeEmail ?? account }
  return hasFiles ? { kind: 'files', cert, key } : 'local'
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
