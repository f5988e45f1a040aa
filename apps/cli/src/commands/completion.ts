import type { Command } from 'commander'
import { CliError } from '../cli-error.ts'
import { candidatesFor, type LiveKind } from '../completion/candidates.ts'
import { scripts, shells } from '../completion/scripts.ts'
import { withStore } from '../with-store.ts'

/** More names help nobody who presses a key. */
const mostNames = 500

/** `posthouse completion SHELL`. */
export function printScript(name: string): void {
  const shell = shells.find((one) => one === name)
  if (shell === undefined) {
    const hint = `shells: ${shells.join(', ')}`
    throw new CliError('usage', 'usage.shell', `There is no shell "${name}" here`, hint)
  }
  process.stdout.write(`${scripts[shell]}\n`)
}

/** `posthouse complete-words -- WORD…`, the last of which is being typed. Says nothing where something is amiss. */
export async function completeWords(program: Command, words: readonly string[]): Promise<void> {
  const current = words.at(-1) ?? ''
  const { words: known, live, isFile } = candidatesFor(program, words.slice(0, -1), current)
  const lines = known.map(({ word, about }) => `${word}\t${about}`)
  const named = live === undefined ? [] : await liveNames(live, current).catch(() => [])
  const text = [...lines, ...named, ...(isFile ? [':file'] : [])].join('\n')
  if (text !== '') process.stdout.write(`${text}\n`)
}

function liveNames(kind: LiveKind, begun: string): Promise<readonly string[]> {
  return withStore({}, async (store) => {
    const all: readonly string[] =
      kind === 'domain'
        ? (await store.domains.list()).map(({ name }) => name)
        : kind === 'alias'
          ? (await store.aliases.list()).map(({ address }) => address)
          : kind === 'queue'
            ? (await store.queue.list({ limit: mostNames })).map(({ queueId }) => queueId)
            : (await store.accounts.list()).map(({ address }) => address)
    return [...new Set(all)].filter((name) => name.startsWith(begun)).slice(0, mostNames)
  })
}
