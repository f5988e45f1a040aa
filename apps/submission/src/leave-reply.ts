import { reply, replies, type Reply } from '@posthouse/smtp'
import type { SendingLeave } from '@posthouse/store'

/** What the sender hears where a message may not go: why, and when or how it may. */
export function leaveReply(leave: Exclude<SendingLeave, { readonly kind: 'free' }>): Reply {
  if (leave.kind === 'contained') return replies.contained
  const { what, today, retryAt } = leave
  const most =
    what === 'messages'
      ? `${counted(today.mostMessages, 'message')} a day`
      : `to ${counted(today.mostNewRecipients, 'recipient')} a day that you never wrote to before`
  if (retryAt === undefined) {
    return reply(
      550,
      '5.7.1',
      `You may send ${most}, which this message alone is over. Ask your postmaster for more`,
    )
  }
  return reply(
    450,
    '4.7.1',
    `You may send ${most}, and have. There is room again at ${minuteOf(retryAt)}; ask your postmaster for more`,
  )
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

/** `2026-11-28 15:00 UTC` */
function minuteOf(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
