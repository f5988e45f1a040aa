import { configKeys, readKeys } from '@posthouse/config'
import { askSuite } from '../ask-suite.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { configOf, sourceOf } from '../config-of.ts'
import { exitCodes } from '../exit-codes.ts'
import { refuseUnusableTls } from '../up/services.ts'
import { readStatus } from '../up/state-file.ts'

/** `posthouse config check`. */
export async function checkConfig(options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  const config = configOf(options)
  await refuseUnusableTls(config)
  const { hostname, dataDir } = config
  terminal.object('ConfigCheck', { id: hostname, fields: { hostname, dataDir, isValid: true } })
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
  const columns = options.origin === true ? ['key', 'value', 'origin'] : ['key', 'value']
  terminalOf(options).list('ConfigKeyList', items, columns)
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
  terminalOf(options).list('ConfigKeyList', items, ['key', 'variable', 'default', 'about'])
}

/** `posthouse config reload`: what can change while the apps run. */
export async function reloadConfig(options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  const config = configOf(options)
  await refuseUnusableTls(config)
  const status = await readStatus(config.dataDir)
  if (status === undefined) {
    const hint = 'posthouse up, or: systemctl reload posthouse@APP'
    throw new CliError('unreachable', 'config.not_running', 'Posthouse is not running here', hint)
  }
  const parts = await askSuite(options, 'reload', null)
  const silent = parts.flatMap((part) => ('silent' in part ? [`${part.app}: ${part.silent}`] : []))
  const processes = parts.length - silent.length
  terminal.object('ConfigReload', { id: status.hostname, fields: { processes, silent } })
  terminal.talk(
    `${processes} processes have looked at the certificate anew. Other keys count after a restart.`,
  )
  if (silent.length === 0) return
  for (const words of silent) terminal.talk(words)
  process.exitCode = exitCodes.partial
}
