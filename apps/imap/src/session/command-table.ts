import { verbs } from '../commands/index.ts'
import type { Command } from './command.ts'

/** Every verb the server knows. */
export const commands: readonly Command[] = verbs

const byName = new Map(verbs.flatMap((verb) => verb.names.map((name) => [name, verb] as const)))

/** The verb with this name (upper case), if there is one and it is not switched off. */
export function findCommand(name: string, without: ReadonlySet<string>): Command | undefined {
  const command = byName.get(name)
  const extension = command?.extension(name)
  return extension !== undefined && without.has(extension) ? undefined : command
}
