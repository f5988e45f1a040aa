import type { SignInRecord, Store } from '@posthouse/store'
import { well, type Step } from './stage.ts'

/** Failures of one program by which it counts as one that does not know the password, and not as a slip of the finger. */
const manyFailures = 10
/** What is older is over, or somebody else's story. */
const recentMs = 24 * 60 * 60 * 1000

type Wanted = readonly SignInRecord['protocol'][]

/** Sign-ins that are refused for a reason that the account's owner can mend. Strangers who guess are none of that. */
export async function* signIns(
  store: Store,
  { id, address }: { readonly id: Parameters<Store['signIns']['list']>[0]; address: string },
  protocols: Wanted,
): AsyncGenerator<Step> {
  const since = new Date(Date.now() - recentMs)
  const all = await store.signIns.list(id, { since })
  const records = all.filter(({ protocol }) => protocols.includes(protocol))
  const newest = records.find((one) => one.appPassword !== undefined && isOpen(one, records))
  const barred = newest === undefined ? undefined : appPasswordStep(newest, address)
  if (barred !== undefined) {
    yield barred
    return
  }
  const stubborn = records.find((one) => isStubborn(one, all))
  if (stubborn === undefined) {
    yield well(`no program of ${address} is refused (${protocols.join(', ')})`)
    return
  }
  const { times, protocol, client, lastAt } = stubborn
  const text = `A program at ${client} tried ${times} wrong passwords for ${address} over ${protocol}, the last at ${lastAt.toISOString()}`
  const why = 'It has an old password; others at that address sign in, and work on.'
  const own = `a password for it alone: posthouse app-password create ${address} --name NAME`
  yield { state: 'found', text, why, next: `posthouse ban why ${addressOf(client)}; ${own}` }
}

/** Nothing of the same program went well since. */
function isOpen(one: SignInRecord, all: readonly SignInRecord[]): boolean {
  if (one.result === 'ok') return false
  return !all.some(
    (other) => isSame(other, one) && other.result === 'ok' && other.lastAt > one.lastAt,
  )
}

function isSame(one: SignInRecord, other: SignInRecord): boolean {
  const isPassword = one.appPassword?.id === other.appPassword?.id
  return isPassword && one.protocol === other.protocol && one.client === other.client
}

/** Many wrong passwords from where the account does sign in: its owner's, not a guesser's. */
function isStubborn(one: SignInRecord, all: readonly SignInRecord[]): boolean {
  if (one.result !== 'password' || one.times < manyFailures) return false
  return all.some(({ result, client }) => result === 'ok' && client === one.client)
}

function appPasswordStep(record: SignInRecord, address: string): Step | undefined {
  const { appPassword, protocol, client, times, result } = record
  const name = appPassword?.name ?? appPassword?.id ?? ''
  const from = `${times} times, from ${client}`
  const create = `posthouse app-password create ${address} --name "${name}"`
  if (result === 'protocol') {
    const text = `The app password "${name}" of ${address} was refused over ${protocol} (${from}): it is not for it`
    const why = 'The program that has it is told no more than that it may not sign in.'
    return { state: 'found', text, why, next: `${create} --protocols ${protocol},…` }
  }
  if (result === 'expired') {
    const text = `The app password "${name}" of ${address} was refused (${from}): its time is over`
    return { state: 'found', text, why: 'The program needs a new one.', next: create }
  }
  return undefined
}

function addressOf(client: string): string {
  return client.split('/')[0] ?? client
}
