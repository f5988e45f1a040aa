import { portNames, portVariable } from './config.ts'
import { ConfigError } from './config-error.ts'
import type { Environment } from './environment.ts'
import { nearest } from './nearest.ts'

/** How a variable's text becomes a value of the file. */
type Convert = (text: string, name: string) => unknown

const text: Convert = (value) => value
const list: Convert = (value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')

function whole(value: string, name: string): number {
  if (/^\d{1,15}$/.test(value)) return Number(value)
  throw new ConfigError(`${name} is "${value}", not a number`, `Set ${name} to a whole number.`)
}

function flag(value: string, name: string): boolean {
  if (['1', 'true', 'yes', 'on'].includes(value.toLowerCase())) return true
  if (['0', 'false', 'no', 'off'].includes(value.toLowerCase())) return false
  throw new ConfigError(`${name} is "${value}", neither 1 nor 0`, `Set ${name} to 1 or 0.`)
}

interface Variable {
  readonly name: string
  readonly path: readonly [string] | readonly [string, string]
  readonly convert: Convert
}

/** Every variable that sets a key of the file. */
const variables: readonly Variable[] = [
  { name: 'POSTHOUSE_HOSTNAME', path: ['hostname'], convert: text },
  { name: 'POSTHOUSE_DATA', path: ['data'], convert: text },
  { name: 'POSTHOUSE_BIND', path: ['bind'], convert: list },
  { name: 'DATABASE_URL', path: ['database', 'url'], convert: text },
  { name: 'POSTHOUSE_UNSAFE_DB', path: ['database', 'unsafe'], convert: flag },
  { name: 'POSTHOUSE_TLS_SOURCE', path: ['tls', 'source'], convert: text },
  { name: 'POSTHOUSE_TLS_CERT', path: ['tls', 'cert'], convert: text },
  { name: 'POSTHOUSE_TLS_KEY', path: ['tls', 'key'], convert: text },
  { name: 'POSTHOUSE_SECRET_KEY_FILE', path: ['secrets', 'key_file'], convert: text },
  { name: 'POSTHOUSE_AUTH_PLAINTEXT', path: ['auth', 'plaintext'], convert: text },
  { name: 'POSTHOUSE_LOG_LEVEL', path: ['log', 'level'], convert: text },
  { name: 'POSTHOUSE_LOG_FORMAT', path: ['log', 'format'], convert: text },
  { name: 'POSTHOUSE_MESSAGE_BYTES', path: ['limits', 'message_bytes'], convert: whole },
  { name: 'POSTHOUSE_CONNECTIONS', path: ['limits', 'connections'], convert: whole },
  {
    name: 'POSTHOUSE_CONNECTIONS_PER_ADDRESS',
    path: ['limits', 'connections_per_address'],
    convert: whole,
  },
  {
    name: 'POSTHOUSE_CONNECTIONS_PER_NETWORK',
    path: ['limits', 'connections_per_network'],
    convert: whole,
  },
  { name: 'POSTHOUSE_GREETING_DELAY_MS', path: ['mx', 'greeting_delay_ms'], convert: whole },
  { name: 'POSTHOUSE_PROXY_NETWORKS', path: ['proxy', 'networks'], convert: list },
  { name: 'POSTHOUSE_XCLIENT_NETWORKS', path: ['xclient', 'networks'], convert: list },
  { name: 'POSTHOUSE_IMAP_WORKERS', path: ['imap', 'workers'], convert: whole },
  { name: 'POSTHOUSE_IMAP_WITHOUT', path: ['imap', 'without'], convert: list },
  { name: 'POSTHOUSE_PUBLIC_HOST', path: ['clients', 'public_host'], convert: text },
  { name: 'POSTHOUSE_MX_PORT', path: ['delivery', 'mx_port'], convert: whole },
  { name: 'POSTHOUSE_POLICY_PORT', path: ['delivery', 'policy_port'], convert: whole },
  { name: 'POSTHOUSE_RESOLVERS', path: ['dns', 'servers'], convert: list },
  { name: 'POSTHOUSE_PRIVATE_TARGETS', path: ['delivery', 'private_targets'], convert: list },
  ...portNames.map((port): Variable => ({
    name: portVariable(port),
    path: ['ports', port],
    convert: whole,
  })),
]

/**
 * The file's tree with the environment laid over it. A variable set to the empty string counts as
 * not set. A `POSTHOUSE_PORT_…` that is none of ours is an error: a listener on the wrong port is
 * worse than none.
 */
export function overlay(
  file: Readonly<Record<string, unknown>>,
  env: Environment,
): Record<string, unknown> {
  refuseUnknownPorts(env)
  const tree: Record<string, unknown> = { ...file }
  for (const { name, path, convert } of variables) {
    const value = env[name]
    if (value === undefined || value === '') continue
    const [head, leaf] = path
    if (leaf === undefined) tree[head] = convert(value, name)
    else tree[head] = { ...tableOf(tree[head]), [leaf]: convert(value, name) }
  }
  return tree
}

/** The variable that sets a key, for error texts. */
export function variableOf(path: string): string | undefined {
  return variables.find((variable) => variable.path.join('.') === path)?.name
}

function tableOf(value: unknown): object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

function refuseUnknownPorts(env: Environment): void {
  const known = portNames.map(portVariable)
  for (const name of Object.keys(env)) {
    if (!name.startsWith('POSTHOUSE_PORT_') || known.includes(name)) continue
    const near = nearest(name, known)
    const hint =
      near === undefined ? `The listeners are ${known.join(', ')}.` : `Did you mean ${near}?`
    throw new ConfigError(`${name} is set, but there is no such listener`, hint)
  }
}
