import type { Store } from '@posthouse/store'
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
    const all = await namesOf(store, kind)
    return [...new Set(all)].filter((name) => name.startsWith(begun)).slice(0, mostNames)
  })
}

async function namesOf(store: Store, kind: LiveKind): Promise<readonly string[]> {
  switch (kind) {
    case 'domain':
      return (await store.domains.list()).map(({ name }) => name)
    case 'alias':
      return (await store.aliases.list()).map(({ address }) => address)
    case 'account':
      return (await store.accounts.list()).map(({ address }) => address)
    case 'address':
      return [...(await namesOf(store, 'account')), ...(await namesOf(store, 'alias'))]
    case 'queue':
      return (await store.queue.list({ limit: mostNames })).map(({ queueId }) => queueId)
  }
}
