import type { Answer, Resolver } from '@posthouse/dns'
import { isRefusal, type ListDefinition } from './list-definition.ts'

/** How a list is. */
export interface ListHealth {
  readonly state: 'well' | 'ill' | 'unknown'
  /** In words, for an operator. */
  readonly text: string
}

/** Resolvers that anybody may use: lists refuse those who come through them, or tell them lies. */
const publicResolvers: ReadonlySet<string> = new Set([
  '1.0.0.1',
  '1.1.1.1',
  '2606:4700:4700::1001',
  '2606:4700:4700::1111',
  '8.8.4.4',
  '8.8.8.8',
  '2001:4860:4860::8844',
  '2001:4860:4860::8888',
  '9.9.9.9',
  '149.112.112.112',
  '2620:fe::fe',
  '2620:fe::9',
  '208.67.220.220',
  '208.67.222.222',
  '2620:119:35::35',
  '2620:119:53::53',
  '64.6.64.6',
  '64.6.65.6',
  '77.88.8.1',
  '77.88.8.8',
  '94.140.14.14',
  '94.140.15.15',
])

/**
 * Looks whether a list can be believed: what is always on it must be, what never is must not (RFC 5782 §5). A list that
 * lists everything is one whose domain has gone to somebody else.
 */
export async function probeList(list: ListDefinition, resolver: Resolver): Promise<ListHealth> {
  const publicServer = resolver.servers?.().find((server) => publicResolvers.has(server))
  if (publicServer !== undefined) {
    const text = `is not asked: ${publicServer} is a public resolver, which lists do not answer truly`
    return { state: 'ill', text }
  }
  const isAddresses = list.kind === 'address'
  const present = list.testPoint ?? (isAddresses ? '2.0.0.127' : 'test')
  const absent = list.clearPoint ?? (isAddresses ? '1.0.0.127' : 'invalid')
  const [there, notThere] = await Promise.all([
    resolver.a(`${present}.${list.zone}`),
    resolver.a(`${absent}.${list.zone}`),
  ])
  const failed = [there, notThere].find((answer) => answer.kind === 'temporary')
  if (failed?.kind === 'temporary')
    return { state: 'unknown', text: `no answer: ${failed.because}` }
  if ([there, notThere].some(isRefused)) {
    return { state: 'ill', text: `refuses questions from ${asker(resolver)}` }
  }
  if (notThere.kind === 'records')
    return { state: 'ill', text: `lists ${absent}, which is on no list` }
  if (there.kind !== 'records')
    return { state: 'ill', text: `does not list ${present}, its test entry` }
  return { state: 'well', text: 'well' }
}

function isRefused(answer: Answer<string>): boolean {
  return answer.kind === 'records' && answer.records.some(isRefusal)
}

function asker(resolver: Resolver): string {
  return resolver.servers?.().join(', ') ?? 'here'
}
