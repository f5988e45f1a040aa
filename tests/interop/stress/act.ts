import { closeMailbox, comeBack, lookAtFlags, openMailbox } from './opening.ts'
import { countAll, fetchChanges, fetchSome, idle, pipeline, search, status } from './reading.ts'
import type { StressSession } from './session.ts'
import { append, copyOrMove, expunge, store } from './writing.ts'

/** The mailboxes that the sessions share. */
export const mailboxes = ['INBOX', 'Drafts', 'Archive', 'Stress/one', 'Stress/two'] as const

/** Mailboxes beyond this many messages get no more of them. */
const most = 150

type Act = (session: StressSession) => Promise<unknown>

const someMailbox = ({ random }: StressSession) => random.pick(mailboxes)

/** Acts by how often they are done. */
const acts: readonly (readonly [number, Act])[] = [
  [12, (session) => ifSmall(session, append)],
  [16, store],
  [12, fetchSome],
  [6, fetchChanges],
  [8, search],
  [4, countAll],
  [6, (session) => ifSmall(session, copyOrMove)],
  [6, expunge],
  [6, (session) => status(session, someMailbox(session))],
  [6, idle],
  [4, pipeline],
  [8, (session) => session.ok('NOOP')],
  [3, (session) => openMailbox(session, someMailbox(session), session.random.below(5) === 0)],
  [1, (session) => closeMailbox(session, session.random.pick(['CLOSE', 'UNSELECT']))],
  [1, (session) => comeBack(session, someMailbox(session))],
]
const total = acts.reduce((sum, [weight]) => sum + weight, 0)

/** Does one thing, whatever comes to this session's mind. */
export async function act(session: StressSession): Promise<void> {
  const { random, view } = session
  if (view === undefined) return openMailbox(session, someMailbox(session))
  if (view.firstUnknown > 0 && random.below(3) > 0) await lookAtFlags(session)
  let at = random.below(total)
  for (const [weight, does] of acts) {
    if (at < weight) return void (await does(session))
    at -= weight
  }
}

/** Adds messages where there are not too many yet. */
async function ifSmall(
  session: StressSession,
  adds: (session: StressSession, mailbox: string) => Promise<unknown>,
): Promise<unknown> {
  const mailbox = someMailbox(session)
  return session.truth(mailbox).size > most ? expunge(session) : adds(session, mailbox)
}
