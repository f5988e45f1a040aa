import { CliError } from '../cli-error.ts'
import { isColourless, type CommonOptions } from '../command-options.ts'
import { configOf } from '../config-of.ts'
import { appNamed } from '../up/app-list.ts'
import { runApp } from '../up/run-app.ts'
import { up } from '../up/up.ts'

/** `posthouse up [APP…]`. */
export async function upCommand(
  apps: readonly string[],
  options: CommonOptions & { readonly together?: boolean | undefined },
): Promise<void> {
  process.exitCode = await up(configOf(options), {
    apps,
    together: options.together === true,
    noColour: isColourless(options),
    configFile: options.config,
  })
}

/** `posthouse run-app APP`: the process of one app. */
export async function runAppCommand(word: string, options: CommonOptions): Promise<void> {
  const name = appNamed(word)
  if (name === undefined) throw new CliError('usage', 'up.unknown_app', `There is no app "${word}"`)
  process.exitCode = await runApp(name, configOf(options))
}
