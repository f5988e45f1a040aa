import type { Command } from 'commander'

/** `posthouse completion SHELL`, and what its scripts ask. */
export function addCompletionCommands(program: Command): void {
  program
    .command('completion <shell>')
    .description('a script with which bash, zsh or fish complete our words')
    .action(async (shell) => (await import('./completion.ts')).printScript(shell))
  program
    .command('complete-words [word...]', { hidden: true })
    .action(async (words) => (await import('./completion.ts')).completeWords(program, words))
}
