import { createResolver } from '@posthouse/dns'
import { keyRecordName, readPublication, type Publication } from '@posthouse/mail-auth'
import type { DkimKey, Store } from '@posthouse/store'
import { commandLineActor } from '../audit-actor.ts'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { configOf } from '../config-of.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Terminal } from '../output/terminal.ts'
import { withStore } from '../with-store.ts'
import { findKey, dkimKeyKind, keyItem, tellRecord } from './dkim-item.ts'

/**
 * `posthouse dkim show DOMAIN SELECTOR`. With `--dns` the record is looked for, as the delivery worker does by itself: a waiting key
 * that is there signs from then on. Exit code 8 while a waiting one is not there, 3 where one that signs is not.
 */
export async function showKey(
  domain: string,
  selector: string,
  options: CommonOptions & { readonly dns?: boolean | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const key = await findKey(store, domain, selector)
    const found = options.dns === true ? await lookFor(store, key, options) : undefined
    const now = found === undefined ? key : await findKey(store, domain, selector)
    const { id, fields } = keyItem(now)
    const dns = found === undefined ? {} : { dns: found.state, dnsSays: found.because }
    terminal.show(dkimKeyKind, { id, fields: { ...fields, ...dns } }, ['record', 'split'])
    tellRecord(terminal, now)
    if (found !== undefined) tellFound(terminal, key, now, found)
    else if (now.state === 'waiting')
      terminal.next(`posthouse dkim show ${domain} ${selector} --dns`)
  })
}

async function lookFor(store: Store, key: DkimKey, options: CommonOptions): Promise<Publication> {
  const resolver = createResolver(configOf(options).dns)
  const found = readPublication(key, await resolver.txt(keyRecordName(key)))
  if (key.state === 'waiting' && found.state === 'seen')
    await store.dkimKeys.activate(key, commandLineActor())
  else if (key.state === 'waiting' || (key.state === 'active' && found.state !== 'unanswered'))
    await store.dkimKeys.noteChecked(key, found.state === 'seen' ? undefined : found.because)
  return found
}

function tellFound(terminal: Terminal, before: DkimKey, now: DkimKey, found: Publication): void {
  const { domain, selector } = now
  if (before.state === 'waiting' && now.state === 'active') {
    terminal.talk(`It is in DNS, and signs the mail of ${domain} from now on.`)
    return terminal.next(`posthouse dkim list ${domain}`)
  }
  terminal.talk(found.state === 'seen' ? 'It is in DNS.' : `It is not in DNS: ${found.because}.`)
  if (found.state === 'seen') return
  if (before.state === 'active') process.exitCode = exitCodes.checkFailed
  if (before.state !== 'waiting') return
  process.exitCode = exitCodes.pending
  terminal.talk(
    'It is looked for by itself: within a quarter of an hour on its first day, hourly after that.',
  )
  terminal.next(`posthouse dkim show ${domain} ${selector} --dns`)
}
