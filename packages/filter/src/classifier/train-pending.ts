import { filterMessage, type FilterMessage } from '../filter-message.ts'
import type { ReputationStore } from '../reputation/reputation-store.ts'
import { senderSubjects, vouchedIn } from '../reputation/sender-subjects.ts'
import { Classifier } from './classifier.ts'
import type { TokenStore } from './token-store.ts'

/** A message that its owner said something of. */
export interface TrainingJob {
  readonly account: string
  readonly messageId: number
  readonly isSpam: boolean
  /** As it came in. */
  readonly octets: Buffer
  /** What we put before it. */
  readonly prefix: Buffer
}

/** Where messages wait to be learnt from; by the store. */
export interface TrainingQueue<Job extends TrainingJob = TrainingJob> {
  claim(most: number): Promise<readonly Job[]>
  done(job: Job): Promise<void>
}

/** What lessons go into. */
export interface LearningStores {
  readonly tokens: TokenStore
  readonly reputation: ReputationStore
}

/**
 * Learns from messages that wait for it, for the accounts that said so. To be called again and again by one loop or several:
 * a job that fails comes back, and one that is done twice is learnt once.
 * @param most jobs of one call
 * @param learnt is told whose lesson was learnt
 * @returns how many were done; fewer than `most`: no more wait
 */
export async function trainPending<Job extends TrainingJob>(
  queue: TrainingQueue<Job>,
  { tokens, reputation }: LearningStores,
  most = 20,
  signal?: AbortSignal,
  learnt?: (account: string) => void,
): Promise<number> {
  const classifier = new Classifier(tokens)
  let done = 0
  for (const job of await queue.claim(most)) {
    if (signal?.aborted === true) return done
    const { account, isSpam } = job
    const message = messageOf(job)
    const taught = await classifier.learn(message, isSpam, account)
    if (taught === 'learnt') {
      learnt?.(account)
      const { domains, address } = senderSubjects(message, vouchedIn(job.prefix))
      const subjects = address === undefined ? domains : [...domains, address]
      await reputation.note(subjects, isSpam, account)
    }
    await queue.done(job)
    done++
  }
  return done
}

const forClause = '\r\n\tfor <'

/** The message as stages see it, without what was known of its client; for whom it came stands before it. */
function messageOf({ octets, account, prefix }: TrainingJob): FilterMessage {
  return filterMessage({
    queueId: '',
    direction: 'inbound',
    octets,
    sender: '',
    recipients: [{ address: recipientIn(prefix), account }],
    client: { address: '', helo: '', isTls: false },
    ourDomains: [],
    // Nobody asks: what was proven stands in the prefix.
    authentication: Promise.race([]),
    receivedAt: new Date(0),
  })
}

/** The address of RCPT by our own Received field (RFC 5321 §4.4), the last of what we put before a message. */
function recipientIn(prefix: Buffer): string {
  const text = prefix.toString()
  const [, address = ''] =
    /^([^<>\r\n]*)>;/.exec(text.slice(text.lastIndexOf(forClause) + forClause.length)) ?? []
  return address
}
