import type { Command } from 'commander'
import { collect, withOutput } from './options.ts'

/** `posthouse diagnose SENDER RECIPIENT`. */
export function addDiagnoseCommand(program: Command): void {
  withOutput(
    program
      .command('diagnose <sender> <recipient>')
      .description(
        'why mail from one address does not reach another: the first cause, and what mends it',
      ),
    'diagnose ada@example.org bob@example.net',
  )
    .option('--days <n>', 'how far to look back', '3')
    .option('--address <ip>', 'where the world reaches this server (again and again)', collect)
    .action(async (sender, recipient, options) =>
      (await import('./diagnose.ts')).diagnose(sender, recipient, options),
    )
}
