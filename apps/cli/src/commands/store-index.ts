import { setTimeout as pause } from 'node:timers/promises'
import type { Store } from '@posthouse/store'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { exitCodes } from '../exit-codes.ts'
import { kind } from '../output/kind.ts'
import { stopOnInterrupt } from '../interruption.ts'
import { Progress } from '../output/progress.ts'
import { integer } from '../output/shape.ts'
import { withStore } from '../with-store.ts'

/** What `store index` did. */
const searchIndexKind = kind('SearchIndex', 'what was indexed for searching', {
  messages: integer,
  waiting: integer,
})

/** Another process is at it: it is looked at again after so long. */
const waitMs = 1_000

/**
 * `posthouse store index`: indexes for searching what waits. Exit code 8 where something waits still, because another process is
 * at it; `--wait` waits for that.
 */
export async function indexStore(
  options: CommonOptions & { readonly wait?: boolean | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  const progress = new Progress(terminal)
  const signal = stopOnInterrupt(terminal)
  await withStore(options, async (store) => {
    const outcome = await indexAll(store, progress, { waits: options.wait === true, signal })
    progress.end()
    terminal.object(searchIndexKind, { id: String(outcome.messages), fields: { ...outcome } })
    const { messages, waiting } = outcome
    if (signal.aborted) {
      process.exitCode = exitCodes.interrupted
      return terminal.talk(`Stopped; ${messages} messages indexed. The same command goes on.`)
    }
    if (waiting === 0) return terminal.talk(`${messages} messages indexed; nothing waits.`)
    terminal.talk(`${messages} messages indexed; another process is at ${waiting} mailboxes.`)
    terminal.next('posthouse store index --wait')
    process.exitCode = exitCodes.pending
  })
}

async function indexAll(
  store: Store,
  progress: Progress,
  { waits, signal }: { readonly waits: boolean; readonly signal: AbortSignal },
): Promise<{ readonly messages: number; readonly waiting: number }> {
  let messages = 0
  for (;;) {
    const before = messages
    messages += await store.indexForSearch((added, left) => {
      const sum = before + added
      const figures = { messages: sum, waiting: left }
      progress.tell(`${sum} messages indexed, ${left} mailboxes to go`, figures)
    }, signal)
    const waiting = await store.waitingForSearch()
    if (waiting === 0 || !waits || signal.aborted) return { messages, waiting }
    progress.tell(`${waiting} mailboxes are another process's work`, { messages, waiting })
    await pause(waitMs, undefined, { signal }).catch(() => undefined)
  }
}
