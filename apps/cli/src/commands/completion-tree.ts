import type { Command } from 'commander'
import { withExamples } from '../examples.ts'

/** `posthouse completion SHELL`, and what its scripts ask. */
export function addCompletionCommands(program: Command): void {
  withExamples(
    program
      .command('completion <shell>')
      .description('a script with which bash, zsh or fish complete our words'),
    ['completion bash', 'completion fish'],
  ).action(async (shell) => (await import('./completion.ts')).printScript(shell))
  program
    .command('complete-words [word...]', { hidden: true })
    .action(async (words) => (await import('./completion.ts')).completeWords(program, words))
}
