import type { Answer, Resolver } from '@posthouse/dns'
import { authenticate } from 'mailauth'
import type { AuthenticationInput } from './verdict.ts'

/** What mailauth says of one thing. */
export interface SecondOpinion {
  readonly check: 'SPF' | 'DKIM' | 'DMARC' | 'ARC'
  /** The domain it is about. */
  readonly of: string
  readonly result: string
}

/**
 * The same message, judged by mailauth in its strict mode: a checker of another hand, for people who wonder whether ours is
 * right. Nothing here depends on it.
 */
export async function secondOpinion(
  octets: Buffer,
  { address, helo, mailFrom }: Pick<AuthenticationInput, 'address' | 'helo' | 'mailFrom'>,
  { resolver, hostname }: { readonly resolver: Resolver; readonly hostname: string },
): Promise<readonly SecondOpinion[]> {
  const { spf, dkim, dmarc, arc } = await authenticate(octets, {
    ...(address === '' ? {} : { ip: address, helo, sender: mailFrom }),
    mta: hostname,
    strict: true,
    disableBimi: true,
    resolver: (name, type) => lookUp(resolver, name, type),
  })
  const opinions: SecondOpinion[] = []
  if (spf !== false) opinions.push({ check: 'SPF', of: spf.domain, result: spf.status.result })
  for (const { signingDomain = '', status } of dkim.results)
    opinions.push({ check: 'DKIM', of: signingDomain, result: status.result })
  if (dmarc !== false)
    opinions.push({ check: 'DMARC', of: dmarc.domain, result: dmarc.status.result })
  if (arc !== false) opinions.push({ check: 'ARC', of: '', result: arc.status.result })
  return opinions
}

/** Our resolver in the words of node:dns, which mailauth knows. */
async function lookUp(resolver: Resolver, name: string, type: string) {
  switch (type) {
    case 'TXT':
      return recordsOf(await resolver.txt(name)).map((text) => [text])
    case 'A':
      return recordsOf(await resolver.a(name))
    case 'AAAA':
      return recordsOf(await resolver.aaaa(name))
    case 'CNAME':
      return recordsOf(await resolver.cname(name))
    case 'MX': {
      const records = recordsOf(await resolver.mx(name))
      // Its types say strings; what it reads is what node:dns gives.
      return records.map(({ exchange, preference }) => ({
        exchange,
        priority: preference,
      })) as never
    }
    default:
      throw Object.assign(new Error(`${type} is not asked`), { code: 'ENODATA' })
  }
}

function recordsOf<T>(answer: Answer<T>): T[] {
  if (answer.kind === 'records') return [...answer.records]
  const code = { nxdomain: 'ENOTFOUND', nodata: 'ENODATA', temporary: 'ETIMEOUT' }[answer.kind]
  throw Object.assign(new Error(code), { code })
}
