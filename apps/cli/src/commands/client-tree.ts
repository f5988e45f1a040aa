import type { Command } from 'commander'
import { withExamples } from '../examples.ts'
import { withOutput } from './options.ts'

/** `posthouse client-config`: what mail programs are told. */
export function addClientCommands(program: Command): void {
  withExamples(
    withOutput(
      program
        .command('client-config <address>')
        .description('what a mail program must be told, in every form that there is'),
    ),
    ['client-config ada@example.org', 'client-config ada@example.org --format outlook'],
  )
    .option(
      '--format <format>',
      'text; as served: autoconfig, autodiscover, autodiscover-json, pacc, mobileconfig; in the labels of a program: thunderbird, outlook, outlook-new, apple-mail, iphone, k9, gmail, other',
      'text',
    )
    .action(async (address, options) =>
      (await import('./client-config.ts')).showClientConfig(address, options),
    )
}
