import type { Command } from 'commander'
import { collect, withChange } from './options.ts'

/** `posthouse import …`: mail of other servers. */
export function addImportCommands(program: Command): void {
  const root = program.command('import').description('bring mail over from another server')
  withChange(
    root
      .command('imap <address>')
      .description(
        'folders, flags and dates of a mailbox elsewhere; a second run adds what is new',
      ),
    'import imap bob@example.org --host imap.example.net --user bob --password-file password.txt',
  )
    .requiredOption('--host <host>', 'the other server')
    .requiredOption('--user <name>', 'the login name there')
    .option('--port <port>', '993, and 143 with --starttls or --insecure')
    .option('--password-file <file>', 'the password there: the first line of a file')
    .option('--password-stdin', 'the password there: one line of standard input')
    .option('--starttls', 'TLS by STARTTLS, never without it')
    .option('--insecure', 'no TLS: the password and all mail go in the clear')
    .option('--any-certificate', 'take a certificate that does not prove whose it is')
    .option('--map <folder=mailbox>', 'put a folder into this mailbox (again and again)', collect)
    .action(async (address, options) =>
      (await import('./import-imap.ts')).importImap(address, options),
    )
}
