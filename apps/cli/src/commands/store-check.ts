import { exitCodes } from '../exit-codes.ts'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { withStore } from '../with-store.ts'

/** `posthouse store check`: exit code 3 where something is found. */
export async function checkStore(options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const findings = await store.check()
    const items = findings.map(({ invariant, account, mailbox, text }, i) => {
      const fields = { invariant, account: account ?? null, mailbox: mailbox ?? null, text }
      return { id: String(i + 1), fields }
    })
    terminal.list('FindingList', items, ['invariant', 'account', 'mailbox', 'text'])
    if (findings.length === 0) return terminal.talk('Everything is as it must be.')
    terminal.talk(`${findings.length} findings; docs/store.md says what each invariant means.`)
    process.exitCode = exitCodes.checkFailed
  })
}
