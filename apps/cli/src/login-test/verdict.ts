import type { LoginObstacle, NetworkReport, Quota } from '@posthouse/store'
import { signInWords } from '../commands/sign-in-words.ts'
import type { Attempt } from './attempt.ts'

/** What is in the way of a sign-in, or was noticed beside it; none: it works. */
export type Cause =
  | 'none'
  | LoginObstacle
  | 'listener'
  | 'certificate'
  | 'database'
  | 'sessions'
  | 'server'
  | 'over-quota'

/** How a sign-in is. */
export interface Verdict {
  readonly isOk: boolean
  readonly cause: Cause
  /** For the operator, in words. */
  readonly says: string
  /** What to look at or do; nothing where all is well. */
  readonly next: string | undefined
}

/** What is known beside the server's answer. */
export interface Circumstances {
  readonly address: string
  /** Whether the store could be asked at all. */
  readonly isStoreThere: boolean
  /** How this machine's own address stands. */
  readonly network: NetworkReport | undefined
  readonly quota: Quota | undefined
}

/** The store says that it cannot work: nobody needs to try. */
export function barredVerdict(obstacle: LoginObstacle, address: string): Verdict {
  const next: Partial<Record<LoginObstacle, string>> = {
    password: `posthouse account passwd ${address}`,
    'app-password': `posthouse app-password list ${address}`,
    expired: `posthouse app-password create ${address} --name NAME`,
    protocol: `posthouse app-password list ${address}`,
    disabled: `posthouse account enable ${address}`,
    'domain-disabled': `posthouse domain enable ${address.slice(address.lastIndexOf('@') + 1)}`,
  }
  return failed(obstacle, sentence(signInWords[obstacle]), next[obstacle])
}

/** The server's answer, and what it means: a fault of ours is never told as a wrong password. */
export function liveVerdict(attempt: Attempt, circumstances: Circumstances): Verdict {
  switch (attempt.kind) {
    case 'in':
      return welcome(attempt.tls, circumstances)
    case 'absent':
      return failed('listener', attempt.words, 'posthouse status')
    case 'certificate':
      return failed('certificate', attempt.words, 'posthouse doctor --only tls')
    case 'occupied': {
      const says = `The password is right, but there is no place: ${attempt.words}`
      return failed('sessions', says, `posthouse account sessions ${circumstances.address}`)
    }
    case 'later':
      return later(attempt.words, circumstances)
    case 'refused': {
      if (!circumstances.isStoreThere) return failed('database', away, 'posthouse status')
      const says = `The server refuses what the store takes (${attempt.words}): it changed a moment ago, or the server has another database`
      return failed('server', says, 'posthouse status')
    }
  }
}

const away =
  'The database does not answer: nobody can sign in, and nobody is told that a password is wrong'

function later(words: string, { isStoreThere, network }: Circumstances): Verdict {
  if (!isStoreThere) return failed('database', away, 'posthouse status')
  if (network?.verdict === 'banned' || network?.verdict === 'held') {
    const cause = network.verdict === 'banned' ? 'throttled-banned' : 'throttled-login'
    const why = network.verdict === 'banned' ? 'is banned' : 'has to wait after too many failures'
    const says = `This machine's own address ${network.address} ${why}; other places may be free`
    return failed(cause, says, `posthouse ban why ${network.address}`)
  }
  return failed('server', `The server cannot now: ${words}`, 'posthouse doctor')
}

function welcome(tls: string, { address, quota }: Circumstances): Verdict {
  const over = quota !== undefined && isFull(quota)
  if (!over) return { isOk: true, cause: 'none', says: `Signed in (${tls})`, next: undefined }
  const says = `Signed in (${tls}), but the account is full: new mail for it is put off`
  return { isOk: true, cause: 'over-quota', says, next: `posthouse quota show ${address}` }
}

function isFull({ bytes, messages }: Quota): boolean {
  return [bytes, messages].some(({ used, limit }) => limit !== undefined && used >= limit)
}

function failed(cause: Cause, says: string, next: string | undefined): Verdict {
  return { isOk: false, cause, says, next }
}

function sentence(words: string): string {
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`
}
