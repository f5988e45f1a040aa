import path from 'node:path'
import { packageOf, type Import, type Part, type Source } from './house.ts'

const scope = '@posthouse/'
/** They know no sockets, files, clocks or database. */
const pure = new Set(['message', 'imap-wire', 'sasl', 'sieve'])
const platform = new Set([
  'config',
  'telemetry',
  'dns',
  'line-server',
  'smtp',
  'embedded-postgres',
  'local-ca',
])
/** What belongs to development: nothing that ships may import it. */
const development = new Set(['testkit'])
const effects =
  /^node:(net|tls|fs|http|https|http2|dgram|dns|child_process|worker_threads|timers)(\/|$)/
const databases = /^(pg|pg-.*|drizzle-orm|drizzle-orm\/.*|postgres)$/
const sql =
  /\b(INSERT\s+INTO|DELETE\s+FROM|CREATE\s+TABLE|ALTER\s+TABLE)\s+\w|\bSELECT\b[^'"`;]{0,200}\bFROM\s+\w+\s+(WHERE|JOIN|ORDER|LIMIT)|\bUPDATE\s+\w+\s+SET\b/
const vagueNames = /(^|\/)(utils?|helpers?|common|manager|misc|base|types)(\.ts$|\/)/

/** The rules that can be seen in the source files of one part. */
export function checkFiles(part: Part): readonly string[] {
  return [
    ...part.imports.flatMap((each) => checkImport(part, each)),
    ...part.sources.flatMap((source) => checkSource(part, source)),
  ]
}

function checkImport(part: Part, { file, specifier, isTest }: Import): readonly string[] {
  const findings: string[] = []
  const find = (text: string): number => findings.push(`${file}: ${text}`)
  if (specifier.startsWith('.') && leaves(part, file, specifier))
    find(`${specifier} leaves the package; import it by name`)
  if (isTest) return findings
  if (specifier.startsWith(scope)) {
    const because = forbidden(part, specifier.slice(scope.length))
    if (because !== undefined) find(`imports ${specifier}: ${because}`)
  }
  if (pure.has(part.name) && effects.test(specifier))
    find(`imports ${specifier}: ${part.name} knows no sockets, files or clocks`)
  if (databases.test(packageOf(specifier) ?? '') && !touchesDatabase(part))
    find(`imports ${specifier}: only store talks to the database`)
  return findings
}

function forbidden(part: Part, target: string): string | undefined {
  if (pure.has(part.name)) return `${part.name} imports nothing of ours`
  if (development.has(target) && !development.has(part.name)) return 'it is for development only'
  if (part.isApp) return undefined
  if (isAppName(target)) return 'packages never import apps'
  if (platform.has(part.name) && !platform.has(target)) return 'platform imports platform only'
  return undefined
}

const appNames = new Set([
  'mx',
  'submission',
  'delivery',
  'imap',
  'pop3',
  'managesieve',
  'web',
  'cli',
])

/** True for the names of apps; only `cli` may import them. */
export function isAppName(name: string): boolean {
  return appNames.has(name)
}

function touchesDatabase(part: Part): boolean {
  return part.name === 'store' || development.has(part.name)
}

function leaves(part: Part, file: string, specifier: string): boolean {
  const target = path.normalize(path.join(path.dirname(file), specifier))
  return !target.startsWith(`${part.folder}/`)
}

function checkSource(part: Part, { file, code, isTest }: Source): readonly string[] {
  const findings: string[] = []
  const name = path.relative(`${part.folder}/src`, file)
  if (vagueNames.test(name)) findings.push(`${file}: a name that says nothing`)
  if (isTest || development.has(part.name)) return findings
  if (/\bprocess\.env\b/.test(code) && part.name !== 'config')
    findings.push(`${file}: reads process.env; only config does`)
  if (part.name !== 'store' && sql.test(code))
    findings.push(`${file}: contains SQL; only store names a table`)
  if (pure.has(part.name) && /\bDate\.now\(|\bnew Date\(\)|\bset(Timeout|Interval)\(/.test(code))
    findings.push(`${file}: looks at the clock; ${part.name} is pure`)
  return findings
}
