import { readConfigFile } from './load-config.ts'
import { processEnvironment, type Environment } from './environment.ts'
import { configKeys, type ConfigKey } from './keys.ts'
import type { ConfigSource } from './load-config.ts'

/** A key as it is set, and where. */
export interface SetKey extends ConfigKey {
  /** As text, secrets hidden; the fallback where nothing sets it. */
  readonly value: string
  /** The file's path, the variable's name, or `default`. */
  readonly origin: string
}

/**
 * Every key with its value and where that comes from.
 *
 * @throws ConfigError where the file cannot be read
 */
export function readKeys(source: ConfigSource = {}): readonly SetKey[] {
  const env = source.env ?? processEnvironment()
  const { path, tree } = readConfigFile(source.file, env)
  return configKeys.map((key) => ({ ...key, ...setting(key, path, tree, env) }))
}

function setting(
  { path, variable, fallback }: ConfigKey,
  file: string,
  tree: Readonly<Record<string, unknown>>,
  env: Environment,
): { readonly value: string; readonly origin: string } {
  const given = variable === undefined ? undefined : env[variable]
  if (given !== undefined && given !== '')
    return { value: shown(path, given), origin: variable ?? '' }
  const value = path
    .split('.')
    .reduce<unknown>((table, name) => (isTable(table) ? table[name] : undefined), tree)
  if (value === undefined) return { value: fallback, origin: 'default' }
  return { value: shown(path, value), origin: file }
}

function shown(path: string, value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return path === 'database.url' ? withoutPasswords(text) : text
}

const redacted = '[redacted]'

/** A database's URL without the passwords in it; nothing of one that cannot be taken apart. */
function withoutPasswords(text: string): string {
  if (!URL.canParse(text)) return redacted
  const url = new URL(text)
  // Behind the host it is the rest of a password with a slash in it.
  if (/[@#]/.test(url.pathname + url.search + url.hash)) return redacted
  if (url.password !== '') url.password = redacted
  for (const name of new Set(url.searchParams.keys()))
    if (/pass/i.test(name)) url.searchParams.set(name, redacted)
  return url.href.replaceAll(encodeURIComponent(redacted), redacted)
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
