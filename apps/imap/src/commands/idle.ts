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
  extension: () => 'IDLE',
  parse: end,
  async *execute(_args, { selected }) {
    yield formatContinuation('Idling; send DONE')
    let isReady = await lookAgain(selected)
    for (;;) {
      const wake = new Wake(isReady ? limits.idleHeartbeatMs : limits.idleRetryMs)
      selected?.onChange(() => wake.ring())
      try {
        if (selected !== undefined) yield selected.news({ mayExpunge: true })
        if (selected?.open.isGone === true) return ok('The mailbox was removed')
        const line = yield listen(wake.rung)
        if (line !== undefined) return isDone(line) ? ok('Idled') : bad('Expected DONE')
      } finally {
        wake.cancel()
        selected?.onChange(() => undefined)
      }
      if (isReady && wake.isTimeout) yield stillHere
      if (!isReady) isReady = await lookAgain(selected)
    }
  },
})

function isDone(line: Buffer): boolean {
  return line.toString('latin1').trim().toUpperCase() === 'DONE'
}

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
