import type { CheckWatch } from '@posthouse/store'
import { exitCodes } from '../exit-codes.ts'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { stopOnInterrupt } from '../interruption.ts'
import { kind } from '../output/kind.ts'
import { boolean, integer, orNull, string } from '../output/shape.ts'
import { Progress } from '../output/progress.ts'
import { withStore } from '../with-store.ts'

/** What `store check` finds. */
const findingKind = kind('StoreFinding', 'something in the store that is not as it must be', {
  invariant: string,
  account: orNull(string),
  mailbox: orNull(integer),
  text: string,
})

/** What `store check --fix` did. */
const mendingKind = kind('Mending', 'a finding that was mended, or why not', {
  invariant: string,
  account: orNull(string),
  mailbox: orNull(integer),
  text: string,
  mended: boolean,
  because: orNull(string),
})

/** `posthouse store check`: exit code 3 where something is found. */
export async function checkStore(
  options: CommonOptions & {
    readonly fix?: boolean | undefined
    readonly contents?: boolean | undefined
  },
): Promise<void> {
  const terminal = terminalOf(options)
  if (options.fix === true) return mendStore(options)
  const progress = new Progress(terminal)
  const signal = stopOnInterrupt(terminal)
  await withStore(options, async (store) => {
    const findings = await store.check(watchOf(progress, signal, 'mailboxes'))
    const reads = options.contents === true && !signal.aborted
    const contents = reads ? await store.checkContents(watchOf(progress, signal, 'contents')) : []
    progress.end()
    const items = [...findings, ...contents].map(
      ({ invariant, account, mailbox, text: words }, i) => {
        const place = { account: account ?? null, mailbox: mailbox ?? null }
        const fields = { invariant, ...place, text: words }
        return { id: String(i + 1), fields }
      },
    )
    terminal.list(findingKind, items, ['invariant', 'account', 'mailbox', 'text'])
    if (signal.aborted) {
      process.exitCode = exitCodes.interrupted
      return terminal.talk('Stopped: not everything was looked at. The same command begins anew.')
    }
    if (items.length === 0) return terminal.talk('Everything is as it must be.')
    terminal.talk(`${items.length} findings; docs/store.md says what each invariant means.`)
    process.exitCode = exitCodes.checkFailed
  })
}

function watchOf(progress: Progress, signal: AbortSignal, what: string): CheckWatch {
  return {
    signal,
    told: (done, total) => progress.tell(`${done} of ${total} ${what}`, { done, total }),
  }
}

/** `posthouse store check --fix`: exit code 3 where something is left. */
async function mendStore(options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const mendings = await store.mend()
    const items = mendings.map(({ finding, because }, i) => {
      const { invariant, account, mailbox, text } = finding
      const place = { invariant, account: account ?? null, mailbox: mailbox ?? null }
      const mended = because === undefined
      return {
        id: String(i + 1),
        fields: { ...place, text, mended, because: because ?? null },
      }
    })
    terminal.list(mendingKind, items, [
      'invariant',
      'account',
      'mailbox',
      'text',
      'mended',
      'because',
    ])
    if (mendings.length === 0) return terminal.talk('Everything is as it must be.')
    const left = mendings.filter(({ because }) => because !== undefined).length
    terminal.talk(`${mendings.length - left} findings mended, ${left} left.`)
    if (left > 0) process.exitCode = exitCodes.checkFailed
  })
}
