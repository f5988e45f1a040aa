import { readFileSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { parse, TomlError } from 'smol-toml'
import type { ClientsConfig, Config, ImapConfig, PortName, Ports } from './config.ts'
import { ConfigError } from './config-error.ts'
import { processEnvironment, type Environment } from './environment.ts'
import { overlay } from './overlay.ts'
import { fileSchema, type FileConfig } from './schema.ts'
import { Secret } from './secret.ts'
import { hasSystemFile, systemFile } from './system-file.ts'
import { explain } from './explain.ts'
import { tlsOf } from './tls-keys.ts'

/** Where the configuration comes from. */
export interface ConfigSource {
  /**
   * The TOML file; otherwise `POSTHOUSE_CONFIG`; otherwise, where no data folder is named, the machine's
   * `/etc/posthouse/posthouse.toml` if it is there; otherwise `posthouse.toml` in the data folder if that is there.
   */
  readonly file?: string
  /** Variables; the process's own when absent. */
  readonly env?: Environment
}

/** Ports of `npm start`: unprivileged, one thousand above the well-known ones and their like. */
const defaultPorts: Ports = {
  mx: 2525,
  submission: 2587,
  submissions: 2465,
  imap: 2143,
  imaps: 2993,
  pop3: 2110,
  pop3s: 2995,
  http: 2080,
  https: 2443,
}

/**
 * Reads the file, lays the environment over it, checks everything, fills in the defaults.
 *
 * @throws ConfigError naming the key or variable and what to do.
 */
export function loadConfig(source: ConfigSource = {}): Config {
  const env = source.env ?? processEnvironment()
  const { path, tree } = readConfigFile(source.file, env)
  const merged = overlay(tree, env)
  const checked = fileSchema.safeParse(merged)
  if (!checked.success) throw explain(checked.error, path)
  return complete(checked.data, env)
}

/** The file that counts, and what stands in it; nothing where none was named and there is none. */
export function readConfigFile(
  file: string | undefined,
  env: Environment,
): { readonly path: string; readonly tree: Readonly<Record<string, unknown>> } {
  const named = namedFile(file, env)
  const path = configPath({ env, ...(file === undefined ? {} : { file }) })
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (named === undefined && isOfCode(error, 'ENOENT')) return { path, tree: {} }
    const because = error instanceof Error ? error.message : String(error)
    throw new ConfigError(
      `cannot read the configuration file ${path}: ${because}`,
      unreadHint(error),
    )
  }
  return { path, tree: parseToml(path, text) }
}

/** The path of the file that counts, be it there or not. */
export function configPath({ file, env = processEnvironment() }: ConfigSource = {}): string {
  return resolve(namedFile(file, env) ?? usualFile(env))
}

function namedFile(file: string | undefined, env: Environment): string | undefined {
  return file ?? (env['POSTHOUSE_CONFIG'] || undefined)
}

function usualFile(env: Environment): string {
  const folder = env['POSTHOUSE_DATA']
  if (!folder && hasSystemFile()) return systemFile
  return join(folder || 'var', 'posthouse.toml')
}

/** What helps somebody who cannot read a file. */
function unreadHint(error: unknown): string {
  return isOfCode(error, 'EACCES')
    ? 'Run it with sudo, or name an installation of your own: --config, POSTHOUSE_CONFIG or POSTHOUSE_DATA.'
    : 'Check the path given with --config or POSTHOUSE_CONFIG.'
}

function isOfCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

function parseToml(path: string, text: string): Record<string, unknown> {
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const first = error.message.split('\n')[0] ?? 'not TOML'
    throw new ConfigError(
      `${path}:${error.line}:${error.column}: ${first}`,
      'Mend this line; the file is TOML (https://toml.io).',
    )
  }
}

function complete(file: FileConfig, env: Environment): Config {
  const faultPoints = env['POSTHOUSE_FAULT_POINTS']
  return {
    hostname: file.hostname ?? 'localhost',
    dataDir: resolve(file.data ?? 'var'),
    database:
      file.database?.url === undefined
        ? { kind: 'embedded' }
        : { kind: 'url', url: new Secret(file.database.url) },
    bind: file.bind ?? ['127.0.0.1', '::1'],
    ports: portsOf(file),
    ...tlsOf(file, absolute),
    auth: { plaintext: file.auth?.plaintext ?? 'loopback' },
    limits: {
      messageBytes: file.limits?.message_bytes ?? 50 * 1024 * 1024,
      connections: file.limits?.connections ?? 10_000,
      connectionsPerAddress: file.limits?.connections_per_address ?? 500,
      connectionsPerNetwork: file.limits?.connections_per_network ?? 2000,
    },
    mx: {
      greetingDelayMs: file.mx?.greeting_delay_ms ?? 1000,
      connectionsPerMinute: file.mx?.connections_per_minute ?? 120,
      messagesPerMinute: file.mx?.messages_per_minute ?? 600,
      senderMessagesPerMinute: file.mx?.sender_messages_per_minute ?? 300,
    },
    proxy: { networks: file.proxy?.networks ?? [], ports: file.proxy?.ports ?? ['mx'] },
    xclient: { networks: file.xclient?.networks ?? [] },
    lists: file.lists ?? [],
    dns: { servers: file.dns?.servers ?? [], trusted: file.dns?.trusted ?? [] },
    imap: imapOf(file),
    clients: clientsOf(file),
    metrics:
      file.metrics?.token_file === undefined
        ? {}
        : { tokenFile: absolute(file.metrics.token_file) },
    log: { level: file.log?.level ?? 'info', format: file.log?.format ?? 'json' },
    secretKeyFile:
      file.secrets?.key_file === undefined
        ? join(resolve(file.data ?? 'var'), 'secret-key')
        : absolute(file.secrets.key_file),
    unsafeDatabase: file.database?.unsafe ?? false,
    delivery: {
      mxPort: file.delivery?.mx_port ?? 25,
      policyPort: file.delivery?.policy_port ?? 443,
      privateTargets: file.delivery?.private_targets ?? [],
    },
    ...(faultPoints ? { faultPoints } : {}),
  }
}

function portsOf(file: FileConfig): Ports {
  return { ...defaultPorts, ...definedPorts(file.ports ?? {}) }
}

function clientsOf(file: FileConfig): ClientsConfig {
  const { public_host: host, public_ports: moved, name } = file.clients ?? {}
  return {
    publicHost: (host ?? file.hostname ?? 'localhost').toLowerCase(),
    publicPorts: { ...portsOf(file), ...definedPorts(moved ?? {}) },
    ...(name === undefined ? {} : { name }),
  }
}

function definedPorts(ports: Partial<Record<PortName, number | undefined>>): Partial<Ports> {
  return Object.fromEntries(Object.entries(ports).filter(([, port]) => port !== undefined))
}

function imapOf({ imap }: FileConfig): ImapConfig {
  const clients = (imap?.clients ?? []).map(({ name, version, without }) => {
    return { name, ...(version === undefined ? {} : { version }), without }
  })
  const workers = imap?.workers === undefined ? {} : { workers: imap.workers }
  return { without: imap?.without ?? [], clients, ...workers }
}

function absolute(path: string): string {
  return isAbsolute(path) ? path : resolve(path)
}
