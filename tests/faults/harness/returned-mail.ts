import type { ImapClient } from './imap-client.ts'
import { tokenField } from './tokens.ts'

/**
 * Reads the reports (RFC 3464) in an account's INBOX, which the harness never touches.
 * @returns how often each recipient was returned, by `ACCOUNT RECIPIENT`
 */
export async function readReturns(
  session: ImapClient,
  account: string,
): Promise<ReadonlyMap<string, number>> {
  const returned = new Map<string, number>()
  await session.command('SELECT INBOX')
  const found = await session.command(`UID SEARCH NOT HEADER ${tokenField} ""`)
  const uids = found.flatMap((line) => /^\* SEARCH (.+)$/.exec(line)?.[1]?.split(' ') ?? [])
  for (let n = 0; n < uids.length; n += atOnce) {
    const some = uids.slice(n, n + atOnce).join(',')
    for (const line of await session.command(`UID FETCH ${some} BODY.PEEK[2]`))
      for (const recipient of returnedIn(line)) {
        const key = `${account} ${recipient}`
        returned.set(key, (returned.get(key) ?? 0) + 1)
      }
  }
  return returned
}

const atOnce = 200

/** The recipients that a `message/delivery-status` part says have failed. */
function returnedIn(text: string): readonly string[] {
  return text.split(/\r?\n\r?\n/).flatMap((block) => {
    const recipient = /^Final-Recipient: *rfc822; *(\S+)/im.exec(block)?.[1]
    return recipient !== undefined && /^Action: *failed/im.test(block) ? [recipient] : []
  })
}
