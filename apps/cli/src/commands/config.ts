import { configKeys, readKeys } from '@posthouse/config'
import { askSuite } from '../ask-suite.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { configOf, sourceOf } from '../config-of.ts'
import { exitCodes } from '../exit-codes.ts'
import { refuseUnusableTls } from '../up/services.ts'
import { kind } from '../output/kind.ts'
import { boolean, integer, listOf, orNull, string } from '../output/shape.ts'

/** What `config check` says. */
const configCheckKind = kind('ConfigCheck', 'a configuration that the server would start with', {
  hostname: string,
  dataDir: string,
  isValid: boolean,
})

/** What `config show` shows. */
const configKeyKind = kind(
  'ConfigKey',
  'a key of the configuration as it is, and where it is set',
  {
    key: string,
    value: string,
    origin: string,
  },
)

/** What `config describe` tells. */
const configKeyMeaningKind = kind('ConfigKeyMeaning', 'what a key of the configuration means', {
  key: string,
  variable: orNull(string),
  default: string,
  about: string,
})

/** What `config reload` did. */
const configReloadKind = kind('ConfigReload', 'processes that took new settings into use', {
  processes: integer,
  silent: listOf(string),
})

/** `posthouse config check`. */
export async function checkConfig(options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  const config = configOf(options)
  await refuseUnusableTls(config)
  const { hostname, dataDir } = config
  terminal.object(configCheckKind, { id: hostname, fields: { hostname, dataDir, isValid: true } })
  terminal.talk(`The configuration of ${hostname} is valid.`)
}

/** `posthouse config show`. */
export function showConfig(
  options: CommonOptions & { readonly origin?: boolean | undefined },
): void {
  const items = readKeys(sourceOf(options)).map(({ path, value, origin }) => ({
    id: path,
    fields: { key: path, value, origin },
  }))
  const origin = options.origin === true ? (['origin'] as const) : []
  terminalOf(options).list(configKeyKind, items, ['key', 'value', ...origin])
}

/** `posthouse config describe [KEY]`. */
export function describeConfig(key: string | undefined, options: CommonOptions): void {
  const found = configKeys.filter(({ path }) => {
    return key === undefined || path === key || path.startsWith(`${key}.`)
  })
  if (found.length === 0) {
    const hint = 'posthouse config describe'
    throw new CliError('notFound', 'config.unknown_key', `There is no key ${key ?? ''}`, hint)
  }
  const items = found.map(({ path, variable = null, about, fallback }) => ({
    id: path,
    fields: { key: path, variable, default: fallback, about },
  }))
  terminalOf(options).list(configKeyMeaningKind, items, ['key', 'variable', 'default', 'about'])
}

/** `posthouse config reload`: what can change while the apps run. */
export async function reloadConfig(options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  const config = configOf(options)
  await refuseUnusableTls(config)
  const parts = await askSuite(options, 'reload', null)
  const silent = parts.flatMap((part) => ('silent' in part ? [`${part.app}: ${part.silent}`] : []))
  const processes = parts.length - silent.length
  terminal.object(configReloadKind, { id: config.hostname, fields: { processes, silent } })
  terminal.talk(
    `${processes} processes have looked at the certificate anew. Other keys count after a restart.`,
  )
  if (silent.length === 0) return
  for (const words of silent) terminal.talk(words)
  process.exitCode = exitCodes.partial
}
