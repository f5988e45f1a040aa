import { hash } from 'node:crypto'
import type { MessageFacts } from '@posthouse/message'
import type { AccountId, MessageId } from './ids.ts'

/** What decides a message's conversation (RFC 5256 REFERENCES: References, else In-Reply-To). */
export interface ThreadKeys {
  /** The message's own id as a key; null where it has none. */
  readonly own: number | null
  /** Keys of messages whose conversation is this one's if the account has them: itself, then the nearest first. */
  readonly kin: readonly number[]
  /** The conversation where it has none of them: made from the oldest id, so that all answers to it agree. */
  readonly made: number
}

/** As many ancestors are looked for, from the nearest on. The oldest is `made`. */
const nearest = 8
/** Of a chain of answers in one group. */
const mostKin = 32

/** A message on its way in. */
export interface Threaded {
  readonly account: AccountId
  readonly messageId: MessageId
  readonly facts: Pick<MessageFacts, 'messageId' | 'inReplyTo' | 'references'>
}

/** The keys of messages that are written together: an answer to one before it takes over what that one goes by. */
export function threadsOf(messages: readonly Threaded[]): readonly ThreadKeys[] {
  const known = new Map<string, ThreadKeys>()
  return messages.map((message) => {
    const keys = threadKeys(message)
    const parents = keys.kin.flatMap((key) => known.get(`${message.account} ${key}`) ?? [])
    const [parent] = parents
    const joined =
      parent === undefined
        ? keys
        : { ...keys, kin: [...keys.kin, ...parent.kin].slice(0, mostKin), made: parent.made }
    if (keys.own !== null) known.set(`${message.account} ${keys.own}`, joined)
    return joined
  })
}

/** The keys of one message by itself. */
function threadKeys({
  account,
  messageId: id,
  facts: { messageId, inReplyTo, references },
}: Threaded): ThreadKeys {
  const own = messageId === null ? null : threadKey(account, messageId)
  const parents = references.length > 0 ? references : inReplyTo === null ? [] : [inReplyTo]
  const [oldest] = parents
  if (oldest === undefined) {
    return { own, kin: [], made: own ?? threadKey(account, `#${id}`) }
  }
  const ancestors = parents.slice(-nearest).toReversed()
  const kin = ancestors.map((one) => threadKey(account, one))
  return { own, kin: own === null ? kin : [own, ...kin], made: threadKey(account, oldest) }
}

/** 52 bits: whole numbers for JavaScript; two of a million conversations are one by mistake once in ten thousand accounts. */
function threadKey(account: AccountId, id: string): number {
  return Number.parseInt(hash('sha256', `${account} ${id}`, 'hex').slice(0, 13), 16)
}
