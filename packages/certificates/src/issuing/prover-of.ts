import { readFile } from 'node:fs/promises'
import type { AcmeConfig } from '@posthouse/config'
import { createZoneUpdater, parseTsigKey, type Resolver } from '@posthouse/dns'
import type { Certificates } from '@posthouse/store'
import { AcmeProblem } from '../acme/acme-problem.ts'
import { dnsProver } from '../challenges/dns-prover.ts'
import type { Prover } from '../challenges/prover.ts'
import { webProver } from '../challenges/web-prover.ts'
import { addressesOf } from './name-groups.ts'

/** What proving needs. */
export interface ProvingContext {
  readonly acme: AcmeConfig
  readonly certificates: Pick<Certificates, 'putChallenges' | 'dropChallenges'>
  readonly resolver: Resolver
}

/**
 * The prover that the configuration names.
 *
 * @throws AcmeProblem where what it names cannot be used
 */
export async function proverOf({ acme, certificates, resolver }: ProvingContext): Promise<Prover> {
  const { challenge: kind, dns, httpPort, tlsPort } = acme
  if (kind !== 'dns-01') {
    const look = (name: string): Promise<readonly string[]> => addressesOf(name, resolver)
    return webProver({ kind, certificates, addressesOf: look, httpPort, tlsPort })
  }
  if (dns === undefined) throw new AcmeProblem('update', 'tls.dns_server is not set')
  const text = await fileText('tls.dns_key_file', dns.keyFile)
  try {
    return dnsProver({ updater: createZoneUpdater(dns.server, parseTsigKey(text)), resolver })
  } catch (error) {
    throw new AcmeProblem('update', `${dns.keyFile}: ${messageOf(error)}`)
  }
}

/**
 * The text of a file that the configuration names.
 *
 * @throws AcmeProblem `configuration`
 */
export async function fileText(key: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new AcmeProblem('configuration', `${key} cannot be read: ${messageOf(error)}`)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
