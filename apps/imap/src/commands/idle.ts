import { end, formatContinuation, formatUntaggedStatus } from '@posthouse/imap-wire'
import { StoreUnavailable } from '@posthouse/store'
import { limits } from '../limits.ts'
import type { SelectedMailbox } from '../mailbox/selected-mailbox.ts'
import { command } from '../session/command.ts'
import { bad, ok } from '../session/completion.ts'
import { listen } from '../session/conversation.ts'
import { Wake } from '../session/wake.ts'

const stillHere = formatUntaggedStatus('OK', 'Still here')

/**
 * IDLE. RFC 2177 §3. What has happened before it is told at once, what happens meanwhile as it
 * happens, in whatever process.
 */
export const idle = command({
  names: ['IDLE'],
  state: 'member',
  capabilities: ['IDLE'],
  parse: end,
  async *execute(_args, { selected }) {
    yield formatContinuation('Idling; send DONE')
    let line: Buffer | undefined
    while (line === undefined) {
      const isReady = await lookAgain(selected)
      const wake = new Wake(isReady ? limits.idleHeartbeatMs : limits.idleRetryMs)
      selected?.onChange(() => wake.ring())
      if (selected !== undefined) yield selected.news({ mayExpunge: true })
      try {
        line = yield listen(wake.rung)
      } finally {
        wake.cancel()
      }
      if (line === undefined && wake.isTimeout && isReady) yield stillHere
    }
    selected?.onChange(() => undefined)
    return line.toString('latin1').trim().toUpperCase() === 'DONE'
      ? ok('Idled')
      : bad('Expected DONE')
  },
})

/** Reads what is new; false where the store is away, which must not end an IDLE that waits for days. */
async function lookAgain(selected: SelectedMailbox | undefined): Promise<boolean> {
  try {
    await selected?.open.refresh()
    return true
  } catch (error) {
    if (error instanceof StoreUnavailable) return false
    throw error
  }
}
