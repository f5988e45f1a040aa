import { exitCodes } from '../exit-codes.ts'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { withStore } from '../with-store.ts'
import { dkimKeyKind, keyItem, keysOfDomain } from './dkim-item.ts'

/** `posthouse dkim list [DOMAIN]`. Exit code 3 where mail waits because a key cannot be opened, or a key signs in vain. */
export async function listKeys(domain: string | undefined, options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const keys = await (domain === undefined ? store.dkimKeys.list() : keysOfDomain(store, domain))
    const columns = ['domain', 'selector', 'algorithm', 'state', 'created', 'now'] as const
    terminal.list(dkimKeyKind, keys.map(keyItem), columns)
    const problem = await store.dkimKeys.problem()
    if (problem !== undefined) terminal.talk(`Mail waits, because it cannot be signed. ${problem}`)
    const isVain = keys.some(({ state, finding }) => state === 'active' && finding !== undefined)
    if (problem !== undefined || isVain) process.exitCode = exitCodes.checkFailed
    const waiting = keys.find(({ state }) => state === 'waiting')
    if (keys.length === 0) {
      terminal.talk('There are no keys: mail goes out without a signature.')
      terminal.next(`posthouse dkim create ${domain ?? 'example.org'}`)
    } else if (waiting !== undefined)
      terminal.next(`posthouse dkim show ${waiting.domain} ${waiting.selector} --dns`)
  })
}
