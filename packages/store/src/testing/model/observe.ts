import { createHash } from 'node:crypto'
import { modSeq, uid as toUid, type Uid } from '../../ids.ts'
import type { OpenMailbox } from '../../open-mailbox.ts'
import type { BelievingSession } from './believing-session.ts'
import type { LookAnswer, LookRequest } from './protocol.ts'

/**
 * What a process sees of a mailbox, through all the sessions that it has there: each hears what it was not told yet, which
 * must lead to what the state holds.
 */
export async function observe(
  request: LookRequest,
  sessions: readonly [BelievingSession, ...BelievingSession[]],
): Promise<LookAnswer> {
  const [first] = sessions
  const { open } = first
  await open.refresh()
  for (const session of sessions) {
    session.listen(false)
    session.compare(false)
  }
  const rows = first.rows()
  const since = modSeq(request.since)
  // Before anything else is awaited: the rows above are of this moment.
  const { highestModSeq, uidNext, uidValidity, unseen, deleted, bytes } = open.state
  const changed = request.isWhole ? open.state.changedSince(since) : []
  const changedSince = Array.from(changed, (i) => first.rowAt(i))
  const fresh = rows.filter(([uid]) => uid >= request.namesFrom).map(([uid]) => toUid(uid))
  const recent = sessions.flatMap((session) => {
    return session.open.isReadOnly ? [] : fresh.filter((uid) => session.open.isRecent(uid))
  })
  const [names, vanishedSince] = request.isWhole
    ? await Promise.all([namesOf(open, fresh), open.vanishedSince(since)])
    : [[], undefined]
  return {
    box: request.box,
    highestModSeq,
    uidNext,
    uidValidity,
    unseen,
    deleted,
    bytes,
    digest: createHash('sha1').update(rows.join('\n')).digest('base64'),
    rows: request.isWhole ? rows : [],
    changedSince,
    recent,
    names,
    vanishedSince,
  }
}

async function namesOf(open: OpenMailbox, uids: readonly Uid[]) {
  const names: (readonly [number, string])[] = []
  if (uids.length === 0) return names
  for await (const { uid, subject } of open.facts(uids, ['subject'])) names.push([uid, subject])
  return names
}
