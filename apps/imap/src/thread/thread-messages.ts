import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ThreadAlgorithm } from '@posthouse/imap-wire'
import { baseSubject } from '@posthouse/message'
import { uid as asUid } from '@posthouse/store'
import { limits } from '../limits.ts'
import type { Found } from '../search/find-messages.ts'
import type { Reader } from '../session/context.ts'
import { progress, type Progress } from '../session/conversation.ts'
import { collationKey } from '../sort/collation.ts'
import { sentTime } from '../sort/sort-keys.ts'
import { threadedIds } from './message-ids.ts'
import { orderedSubject } from './ordered-subject.ts'
import { ReferenceLinks } from './reference-links.ts'
import { referenceThreads } from './references.ts'
import type { ThreadNode } from './thread-node.ts'

/**
 * What was found, as threads (RFC 5256 §3). Facts are read in blocks, and of each message a date, a subject and
 * numbers for its references are kept. Undefined: there are more references than are looked at.
 */
export async function* threadMessages(
  reader: Reader,
  { uids }: Found,
  algorithm: ThreadAlgorithm,
): AsyncGenerator<Progress, readonly ThreadNode[] | undefined> {
  const { open, numbers } = reader.selected
  const half = numbers.size
  const dates: number[] = []
  const subjects: string[] = []
  const areReplies: boolean[] = []
  const links = new ReferenceLinks()
  const fields = algorithm === 'REFERENCES' ? withReferences : subjectFields
  for (let start = 0; start < uids.length; start += limits.factsBlock) {
    const block = uids.slice(start, start + limits.factsBlock).map(asUid)
    const byUid = new Map<number, ThreadFacts>()
    for await (const facts of open.facts(block, fields)) byUid.set(facts.uid, facts)
    for (const uid of block) {
      const facts = byUid.get(uid) ?? {}
      const subject = baseSubject(facts.subject ?? '')
      subjects.push(collationKey(subject.text))
      areReplies.push(subject.isReplyOrForward)
      dates.push(sentTime(facts.sentAt, open.row(uid)?.received ?? 0))
      if (algorithm === 'REFERENCES') links.add(dates.length - 1, threadedIds(facts))
    }
    if (links.size > limits.threadPlaces || links.steps > limits.threadSteps) return undefined
    yield progress(half + Math.floor((half * start) / uids.length), 2 * half)
  }
  const messages = { dates, subjects, areReplies }
  await nextTurn()
  if (algorithm === 'ORDEREDSUBJECT') return orderedSubject(messages)
  return referenceThreads(messages, links.parents(dates.length))
}

const subjectFields = ['subject', 'sentAt'] as const
const withReferences = [...subjectFields, 'messageId', 'inReplyTo', 'references'] as const

interface ThreadFacts {
  readonly subject?: string
  readonly sentAt?: Date | null
  readonly messageId?: string | null
  readonly inReplyTo?: string | null
  readonly references?: readonly string[]
}
