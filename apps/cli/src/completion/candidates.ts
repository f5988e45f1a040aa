import type { Argument, Command, Option } from 'commander'

/** What may stand at a place of the command line. */
export interface Candidates {
  /** Words of the command tree, with what they are. */
  readonly words: readonly { readonly word: string; readonly about: string }[]
  /** Names that the store knows, of this kind. */
  readonly live: LiveKind | undefined
  /** A file: the shell knows better. */
  readonly isFile: boolean
}

/** Kinds of names in the store. `address`: of accounts and aliases. */
export type LiveKind = 'account' | 'domain' | 'alias' | 'address' | 'queue'

const nothing: Candidates = { words: [], live: undefined, isFile: false }

/**
 * What may follow words that stand already. `current` is what is typed of the next one: it decides whether options are meant.
 */
export function candidatesFor(
  program: Command,
  before: readonly string[],
  current: string,
): Candidates {
  let command = program
  let place = 0
  let waiting: Option | undefined
  for (const word of before) {
    if (waiting !== undefined) {
      waiting = undefined
    } else if (word.startsWith('-')) {
      const option = optionOf(command, word)
      if (option?.required === true && !word.includes('=')) waiting = option
    } else {
      const child = command.commands.find((one) => names(one).includes(word))
      if (child === undefined) place += 1
      else command = child
    }
  }
  if (waiting !== undefined) return valueOf(waiting.name(), waiting.flags)
  if (current.startsWith('-')) return { ...nothing, words: optionsOf(command) }
  if (command.commands.length > 0) return { ...nothing, words: childrenOf(command) }
  const argument = argumentAt(command, place)
  return argument === undefined ? nothing : argumentOf(command, argument.name())
}

/** Commands about aliases call an alias an address; their targets, and what `resolve` asks about, may be anybody's. */
function argumentOf(command: Command, name: string): Candidates {
  if (command.parent?.name() !== 'alias' || !/^(?:address|target)$/.test(name)) {
    return valueOf(name, '')
  }
  const isOne = name === 'address' && command.name() !== 'resolve'
  return { ...nothing, live: isOne ? 'alias' : 'address' }
}

function argumentAt({ registeredArguments }: Command, place: number): Argument | undefined {
  const last = registeredArguments.at(-1)
  return registeredArguments[place] ?? (last?.variadic === true ? last : undefined)
}

/** What a value is, by the name that help gives it. */
function valueOf(name: string, flags: string): Candidates {
  const text = `${name} ${flags}`
  if (/file|folder|path/.test(text)) return { ...nothing, isFile: true }
  if (/queue|\bid\b/.test(text)) return { ...nothing, live: 'queue' }
  if (/domain/.test(text)) return { ...nothing, live: 'domain' }
  if (/alias/.test(text)) return { ...nothing, live: 'alias' }
  if (/address|account|from|\bto\b|\bfor\b/.test(text)) return { ...nothing, live: 'account' }
  return nothing
}

function optionOf(command: Command, word: string): Option | undefined {
  const [flag] = word.split('=')
  return command.options.find(({ long, short }) => long === flag || short === flag)
}

function optionsOf(command: Command): Candidates['words'] {
  return command.options.flatMap(({ long, description, hidden }) =>
    long == null || hidden ? [] : [{ word: long, about: description }],
  )
}

function childrenOf(command: Command): Candidates['words'] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((child) => ({ word: child.name(), about: child.description() }))
}

function names(command: Command): readonly string[] {
  return [command.name(), ...command.aliases()]
}
