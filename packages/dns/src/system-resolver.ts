import { promises as dns } from 'node:dns'
import { AnswerCache, cacheLimits, type CacheLimits } from './answer-cache.ts'
import { plainName, reverseName } from './names.ts'
import type { Answer, MxRecord, Resolver } from './resolver.ts'

/** How names are looked up. */
export interface ResolverOptions {
  /** `address`, `address:port` or `[address]:port`; the system's servers when empty. */
  readonly servers?: readonly string[]
  /** First wait for an answer; it doubles with each try. */
  readonly timeoutMs?: number
  readonly tries?: number
  readonly cache?: Partial<CacheLimits>
}

/** For records whose TTL the system's library does not tell. */
const assumedTtlSeconds = 300

/**
 * A resolver on the system's DNS library (c-ares), with a cache.
 *
 * @throws TypeError for a server that is no address.
 */
export function createResolver(options: ResolverOptions = {}): Resolver {
  const { servers = [], timeoutMs = 3000, tries = 3 } = options
  const system = new dns.Resolver({ timeout: timeoutMs, tries })
  if (servers.length > 0) system.setServers([...servers])
  const cache = new AnswerCache({ ...cacheLimits, ...options.cache })
  const ask = <T>(type: string, name: string, look: (name: string) => Promise<Found<T>>) => {
    const plain = plainName(name)
    return cache.get(`${type} ${plain}`, () => answerOf(() => look(plain)))
  }
  return {
    mx: (name) =>
      ask('MX', name, async (plain) => assumed(mxRecords(await system.resolveMx(plain)))),
    a: (name) =>
      ask('A', name, async (plain) => timed(await system.resolve4(plain, { ttl: true }))),
    aaaa: (name) =>
      ask('AAAA', name, async (plain) => timed(await system.resolve6(plain, { ttl: true }))),
    txt: (name) =>
      ask('TXT', name, async (plain) => {
        const records = await system.resolveTxt(plain)
        return assumed(records.map((strings) => strings.join('')))
      }),
    cname: (name) => ask('CNAME', name, async (plain) => assumed(await system.resolveCname(plain))),
    ptr: (address) =>
      ask('PTR', reverseName(address), async (plain) => assumed(await system.resolvePtr(plain))),
  }
}

interface Found<T> {
  readonly records: readonly T[]
  readonly ttlSeconds: number
}

function assumed<T>(records: readonly T[]): Found<T> {
  return { records, ttlSeconds: assumedTtlSeconds }
}

function timed(
  records: readonly { readonly address: string; readonly ttl: number }[],
): Found<string> {
  const ttls = records.map(({ ttl }) => ttl)
  return { records: records.map(({ address }) => address), ttlSeconds: Math.min(...ttls) }
}

function mxRecords(
  records: readonly { readonly exchange: string; readonly priority: number }[],
): MxRecord[] {
  return records
    .map(({ exchange, priority }) => ({ exchange: plainName(exchange), preference: priority }))
    .toSorted((a, b) => a.preference - b.preference)
}

async function answerOf<T>(look: () => Promise<Found<T>>): Promise<Answer<T>> {
  try {
    const { records, ttlSeconds } = await look()
    if (records.length === 0) return { kind: 'nodata' }
    return { kind: 'records', records, ttlSeconds }
  } catch (error) {
    return failureOf(error)
  }
}

/** Names that cannot be asked for (empty or overlong labels) do not exist. */
const noSuchName = new Set(['ENOTFOUND', 'EBADNAME', 'EBADQUERY'])

function failureOf(error: unknown): Answer<never> {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  if (noSuchName.has(code)) return { kind: 'nxdomain' }
  if (code === 'ENODATA') return { kind: 'nodata' }
  return { kind: 'temporary', because: code }
}
