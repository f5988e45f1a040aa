import { failureOf } from './client-connect.ts'
import type { ClientLink } from './client-link.ts'
import type { ConnectFailure } from './outcome.ts'
import type { ClientCredentials } from './smtp-client.ts'

/** Signs in with PLAIN or LOGIN, as the peer offers (RFC 4954); what failed, if it did. The link is then cut. */
export async function signIn(
  link: ClientLink,
  { user, password }: ClientCredentials,
  deadlineMs: number,
  signal: AbortSignal | undefined,
): Promise<ConnectFailure | undefined> {
  const method = methodOf(link.extensions.get('AUTH') ?? '')
  const done = Promise.withResolvers<ConnectFailure | undefined>()
  const fail = (because: string) => done.resolve({ stage: 'auth', because })
  if (method === undefined) fail('the peer offers neither AUTH PLAIN nor AUTH LOGIN')
  const onEnd = () => setImmediate(fail, 'the connection was closed')
  const onAbort = () => done.resolve({ stage: 'aborted', because: 'aborted' })
  const timer = setTimeout(fail, deadlineMs, 'no answer to AUTH within the deadline')
  link.once('end', onEnd)
  signal?.addEventListener('abort', onAbort, { once: true })
  if (method !== undefined) {
    link.login({ method, credentials: { user, pass: password } }, (error) =>
      done.resolve(error === null ? undefined : { ...failureOf(link, error), stage: 'auth' }),
    )
  }
  const failure = await done.promise
  clearTimeout(timer)
  link.off('end', onEnd)
  signal?.removeEventListener('abort', onAbort)
  if (failure !== undefined) link.cut()
  return failure
}

function methodOf(offered: string): 'PLAIN' | 'LOGIN' | undefined {
  const names = offered.toUpperCase().split(/\s+/)
  if (names.includes('PLAIN')) return 'PLAIN'
  return names.includes('LOGIN') ? 'LOGIN' : undefined
}
