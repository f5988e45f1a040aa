import type { AcmeConfig } from '@posthouse/config'
import type { Resolver } from '@posthouse/dns'
import type { Certificate, Certificates } from '@posthouse/store'
import { newKey } from './new-key.ts'

/** What changing keys needs. */
export interface NextKeyContext {
  readonly acme: Pick<AcmeConfig, 'keyType'>
  readonly hostname: string
  readonly certificates: Pick<Certificates, 'keepNext' | 'noteNext'>
  readonly resolver: Resolver
}

/** A resolver tells what is left of a TTL in its own cache; others may have the records of before for as long as the whole of it. */
const leastTtl = 3600

/**
 * Where keys are changed: makes the next one while the present one serves, and looks whether DNS names it (TLSA 3 1 1 at port 25
 * of the host name, RFC 7672 §3.1.1). It comes into use once that was so for two TTLs, so that nobody still knows of the old
 * record alone; or where there are no such records at all.
 */
export async function prepareNextKey(
  { acme, hostname, certificates, resolver }: NextKeyContext,
  { name, chain, nextPin, nextReadyAt }: Certificate,
): Promise<void> {
  if (chain === undefined) return
  if (nextPin === undefined) return certificates.keepNext(name, await newKey(acme.keyType))
  // Mail comes by the host name; nobody asks for records of the others.
  if (name !== hostname.toLowerCase())
    return nextReadyAt === undefined ? certificates.noteNext(name, 0) : undefined
  const answer = await resolver.tlsa(`_25._tcp.${hostname}`)
  if (answer.kind === 'temporary') return undefined
  if (answer.kind !== 'records') return certificates.noteNext(name, 0)
  const isNamed = answer.records.some(
    ({ usage, selector, matchingType, data }) =>
      usage === 3 && selector === 1 && matchingType === 1 && data.equals(nextPin),
  )
  const ttlSeconds = Math.max(answer.ttlSeconds, leastTtl)
  return certificates.noteNext(name, isNamed ? ttlSeconds : undefined)
}
