import type { Command } from 'commander'

const examples = new WeakMap<Command, readonly string[]>()

/** Gives a command examples, without `posthouse`: its help shows them first, and a test runs them. */
export function withExamples(command: Command, given: readonly string[]): Command {
  if (given.length > 0) examples.set(command, [...examplesOf(command), ...given])
  return command
}

/** The examples of a command. */
export function examplesOf(command: Command): readonly string[] {
  return examples.get(command) ?? []
}

/** Shows the examples of a finished tree in its help: a noun shows one of each verb. */
export function showExamples(command: Command): void {
  command.addHelpText('before', () => {
    const own = examplesOf(command)
    const shown = own.length > 0 ? own : firstOnes(command)
    if (shown.length === 0) return ''
    return `Examples:\n${shown.map((line) => `  posthouse ${line}\n`).join('')}`
  })
}

function firstOnes(command: Command): readonly string[] {
  return command.commands.flatMap((child) => {
    const [first] = examplesOf(child)
    return first === undefined ? firstOnes(child) : [first]
  })
}
