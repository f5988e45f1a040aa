import type { Command } from 'commander'
import { withOutput } from './options.ts'

/** `posthouse config …`: the file, and the environment over it. */
export function addConfigCommands(program: Command): void {
  const config = program
    .command('config')
    .description('the configuration file, and what goes before it')
  withOutput(
    config.command('check').description('prove that the server would start with it'),
    'config check',
  ).action(async (options) => (await import('./config.ts')).checkConfig(options))
  withOutput(config.command('show').description('every key as it is'), 'config show --origin')
    .option('--origin', 'and where it is set')
    .action(async (options) => (await import('./config.ts')).showConfig(options))
  withOutput(
    config.command('describe [key]').description('what a key means, or all of them'),
    'config describe imap',
  ).action(async (key, options) => (await import('./config.ts')).describeConfig(key, options))
  withOutput(
    config.command('reload').description('take a renewed certificate into use; sessions go on'),
    'config reload',
  ).action(async (options) => (await import('./config.ts')).reloadConfig(options))
}
