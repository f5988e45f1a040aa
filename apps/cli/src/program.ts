import { Command, CommanderError } from 'commander'
import { addAccountCommands } from './commands/account-tree.ts'
import { addAliasCommands } from './commands/alias-tree.ts'
import { addAuthCommands } from './commands/auth-tree.ts'
import { addBackupCommands } from './commands/backup-tree.ts'
import { addDnsCommands } from './commands/dns-tree.ts'
import { addClientCommands } from './commands/client-tree.ts'
import { addCompletionCommands } from './commands/completion-tree.ts'
import { addConfigCommands } from './commands/config-tree.ts'
import { addDkimCommands } from './commands/dkim-tree.ts'
import { addDiagnoseCommand } from './commands/diagnose-tree.ts'
import { addDoctorCommand } from './commands/doctor-tree.ts'
import { addDomainCommands } from './commands/domain-tree.ts'
import { addFilterCommands } from './commands/filter-tree.ts'
import { addAutoreplyCommands, addForwardCommands } from './commands/forward-tree.ts'
import { isReply } from './commands/is-reply.ts'
import { addImportCommands } from './commands/import-tree.ts'
import { addMailboxCommands } from './commands/mailbox-tree.ts'
import { addLogCommands } from './commands/log-tree.ts'
import { addQuarantineCommands } from './commands/quarantine-tree.ts'
import { addQueueCommands } from './commands/queue-tree.ts'
import { addRouteCommands } from './commands/route-tree.ts'
import { addSetupCommand } from './commands/setup-tree.ts'
import { addSignInCommands } from './commands/sign-in-tree.ts'
import { addServerCommands } from './commands/server-tree.ts'
import { addStoreCommands } from './commands/store-tree.ts'
import { addTlsCommands } from './commands/tls-tree.ts'
import { CliError } from './cli-error.ts'
import { showExamples, withExamples } from './examples.ts'
import { exitCodes } from './exit-codes.ts'
import { tellError } from './output/terminal.ts'
import { version } from './version.ts'

/**
 * Runs a command line.
 * @param args without Node and the script
 * @returns the exit code
 */
export async function runProgram(args: readonly string[]): Promise<number> {
  const asJson = wantsJson(args)
  try {
    if (args[0] === 'help' && isReply(args.slice(1))) {
      const { explainReply } = await import('./commands/help-code.ts')
      explainReply(args.slice(1))
      return exitCodes.done
    }
    const program = buildProgram()
    await program.parseAsync([...args], { from: 'user' })
    return Number(process.exitCode ?? exitCodes.done)
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.done
    return tellError(error instanceof CommanderError ? usageError(error, args) : error, asJson)
  }
}

/** The command tree. Actions load what they need when they run. */
export function buildProgram(): Command {
  const program = new Command('posthouse')
    .description('A mail suite: starts it and administers it.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined, outputError: () => undefined })
  addSetupCommand(program)
  addServerCommands(program)
  addDoctorCommand(program)
  addDiagnoseCommand(program)
  addConfigCommands(program)
  addDomainCommands(program)
  addTlsCommands(program)
  addDkimCommands(program)
  addDnsCommands(program)
  addAccountCommands(program)
  addAliasCommands(program)
  addForwardCommands(program)
  addAutoreplyCommands(program)
  addStoreCommands(program)
  addMailboxCommands(program)
  addSignInCommands(program)
  addClientCommands(program)
  addFilterCommands(program)
  addQuarantineCommands(program)
  addQueueCommands(program)
  addRouteCommands(program)
  addAuthCommands(program)
  addBackupCommands(program)
  addCompletionCommands(program)
  addImportCommands(program)
  addLogCommands(program)
  withExamples(program, [
    'up',
    'account add ada@example.org --generate',
    'alias add info@example.org ada@example.org',
    'status --json',
  ])
  for (const command of [program, ...allOf(program)]) {
    quieten(command)
    showExamples(command)
  }
  return program
}

function allOf(command: Command): readonly Command[] {
  return command.commands.flatMap((child) => [child, ...allOf(child)])
}

/** Commander prints and ends by itself; here one place does both. */
function quieten(command: Command): void {
  command
    .exitOverride()
    .configureOutput({ writeErr: () => undefined, outputError: () => undefined })
}

/** Commander's words as ours: what is wrong, and what was perhaps meant. */
function usageError(error: CommanderError, args: readonly string[]): CliError {
  const nouns = args.filter((word) => !word.startsWith('-')).slice(0, 1)
  const help = ['posthouse', ...nouns, '--help'].join(' ')
  if (error.code === 'commander.help')
    return new CliError('usage', 'usage.incomplete', 'Say what to do', help)
  const [first = '', ...rest] = error.message.replace(/^error: /, '').split('\n')
  const suggestion = rest.join(' ').replace(/^\((.*)\)$/, '$1')
  const code = error.code
    .replace(/^commander\./, 'usage.')
    .replaceAll(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)
  return new CliError('usage', code, first, suggestion === '' ? help : suggestion)
}

/** Known before the options are parsed, for errors in the options themselves. */
function wantsJson(args: readonly string[]): boolean {
  const text = args.join(' ')
  return /(^| )--json( |$)|(^| )(-o|--output)[ =]?(nd)?json( |$)/.test(text)
}
