import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountId, type AccountId, type Grant } from '@posthouse/store'
import { silentLog } from '@posthouse/telemetry'
import { AccountSessions, type HeldSession } from './account-sessions.ts'
import { watchGrants } from './watch-grants.ts'

const grant = (account: string): Grant => {
  return { account: accountId(account), epoch: 0, appPassword: undefined }
}

/** A store of grants alone. */
class Grants {
  readonly lapsed = new Set<AccountId>()
  isAway = false
  wake: (account: AccountId) => void = () => undefined
  gap: () => void = () => undefined
  questions = 0

  get store() {
    return {
      accounts: {
        lapsed: async (grants: readonly Grant[]) => {
          this.questions += 1
          if (this.isAway) throw new Error('away')
          return grants.filter(({ account }) => this.lapsed.has(account))
        },
      },
      onAccountChange: (wake: (account: AccountId) => void, gap: () => void = () => undefined) => {
        this.wake = wake
        this.gap = gap
        return () => (this.wake = () => undefined)
      },
    }
  }
}

/** A session of which it is known only that it was ended. */
function endedBy(end: () => void): HeldSession {
  const words = { id: '', address: '', client: '', tls: null, program: null, state: '' }
  return { end, cut: () => undefined, tell: () => words }
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 5))
const never = 2 ** 30

test('a wake-up ends the sessions of its account that may not stay, a gap looks at all', async () => {
  const grants = new Grants()
  const sessions = new AccountSessions('pop3', 10)
  const ended = new Set<string>()
  for (const name of ['ada', 'bob', 'eve'])
    sessions.enter(
      grant(name),
      endedBy(() => ended.add(name)),
    )
  const stop = watchGrants(grants.store, sessions, silentLog, never)
  grants.wake(accountId('ada'))
  await turn()
  assert.equal(ended.size, 0)
  grants.lapsed.add(accountId('ada')).add(accountId('bob'))
  grants.wake(accountId('ada'))
  await turn()
  assert.deepEqual([...ended], ['ada'])
  grants.gap()
  await turn()
  assert.deepEqual([...ended], ['ada', 'bob'])
  stop()
})

test('a lost wake-up is made up for, also when the store was away in between', async () => {
  const grants = new Grants()
  const sessions = new AccountSessions('pop3', 10)
  const ended = new AbortController()
  const leave = sessions.enter(
    grant('ada'),
    endedBy(() => ended.abort()),
  )
  const stop = watchGrants(grants.store, sessions, silentLog, 2)
  grants.isAway = true
  grants.lapsed.add(accountId('ada'))
  const before = grants.questions
  while (grants.questions < before + 2) await turn()
  assert.equal(ended.signal.aborted, false)
  grants.isAway = false
  while (!ended.signal.aborted) await turn()
  leave?.()
  // Nobody is signed in: nothing is asked.
  await turn()
  const quiet = grants.questions
  for (let i = 0; i < 5; i++) await turn()
  assert.equal(grants.questions, quiet)
  stop()
})
