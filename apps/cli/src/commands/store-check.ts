import { exitCodes } from '../exit-codes.ts'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { kind } from '../output/kind.ts'
import { boolean, integer, orNull, string } from '../output/shape.ts'
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
  await withStore(options, async (store) => {
    const findings = await store.check()
    const contents = options.contents === true ? await store.checkContents() : []
    const items = [...findings, ...contents].map(
      ({ invariant, account, mailbox, text: words }, i) => {
        const place = { account: account ?? null, mailbox: mailbox ?? null }
        const fields = { invariant, ...place, text: words }
        return { id: String(i + 1), fields }
      },
    )
    terminal.list(findingKind, items, ['invariant', 'account', 'mailbox', 'text'])
    if (items.length === 0) return terminal.talk('Everything is as it must be.')
    terminal.talk(`${items.length} findings; docs/store.md says what each invariant means.`)
    process.exitCode = exitCodes.checkFailed
  })
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
