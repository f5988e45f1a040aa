import { setTimeout as sleep } from 'node:timers/promises'
import { createResolver, type Resolver, type TextChange, type ZoneUpdater } from '@posthouse/dns'
import { AcmeProblem } from '../acme/acme-problem.ts'
import { answerDigest } from '../acme/jws.ts'
import type { Proof, Prover } from './prover.ts'

/** What proving by DNS needs. */
export interface DnsProverContext {
  readonly updater: ZoneUpdater
  readonly resolver: Resolver
}

/** Secondary servers fetch a changed zone within seconds where they are notified (RFC 1996). */
const patienceMs = 60_000
const everyMs = 2_000
/** CNAMEs in a row: a challenge is often delegated once (RFC 8555 §8.4 follows them). */
const maxChain = 8

interface Placed {
  readonly zone: string
  readonly change: Omit<TextChange, 'kind'>
}

/** Publishes TXT records by update of their zones, and waits until every server of them that answers has them. */
export function dnsProver({ updater, resolver }: DnsProverContext): Prover {
  const placed = new Map<string, Placed>()
  const change = async (kind: TextChange['kind'], all: readonly Placed[]): Promise<void> => {
    for (const [zone, group] of Map.groupBy(all, (each) => each.zone)) {
      const changes = group.map((each) => ({ kind, ...each.change }))
      const outcome = await updater.change(zone, changes)
      if (!outcome.ok) throw new AcmeProblem('update', outcome.because)
    }
  }
  return {
    kind: 'dns-01',
    async publish(proofs, signal) {
      for (const proof of proofs) placed.set(proof.token, await placeOf(proof, updater, resolver))
      const all = proofs.flatMap(({ token }) => placed.get(token) ?? [])
      await change('add', all)
      for (const [zone, group] of Map.groupBy(all, (each) => each.zone))
        await untilEverywhere(zone, group, { updater, resolver }, signal)
    },
    async withdraw(proofs) {
      const all = proofs.flatMap(({ token }) => placed.get(token) ?? [])
      for (const { token } of proofs) placed.delete(token)
      await change('remove', all).catch(() => undefined)
    },
    remark: () => undefined,
  }
}

async function placeOf(proof: Proof, updater: ZoneUpdater, resolver: Resolver): Promise<Placed> {
  let name = `_acme-challenge.${proof.name}`
  for (let step = 0; step < maxChain; step++) {
    const alias = await resolver.cname(name)
    const [target] = alias.kind === 'records' ? alias.records : []
    if (target === undefined) break
    name = target
  }
  const found = await updater.zoneOf(name)
  if ('because' in found) throw new AcmeProblem('update', `${name}: ${found.because}`)
  const text = answerDigest(proof.answer).toString('base64url')
  return { zone: found.zone, change: { name, text } }
}

async function untilEverywhere(
  zone: string,
  records: readonly Placed[],
  { updater, resolver }: DnsProverContext,
  signal: AbortSignal | undefined,
): Promise<void> {
  const addresses: string[] = []
  for (const server of await updater.serversOf(zone)) {
    for (const answer of await Promise.all([resolver.a(server), resolver.aaaa(server)]))
      if (answer.kind === 'records') addresses.push(...answer.records)
  }
  const deadline = performance.now() + patienceMs
  while (performance.now() < deadline) {
    signal?.throwIfAborted()
    const are = await Promise.all(addresses.map((address) => hasAll(address, records)))
    if (are.every(Boolean)) return
    await sleep(everyMs)
  }
}

/** One that does not answer is not waited for: the authority asks another one, too. */
async function hasAll(address: string, records: readonly Placed[]): Promise<boolean> {
  const direct = createResolver({ servers: [address], tries: 1, deadlineMs: everyMs })
  const answers = await Promise.all(
    records.map(async ({ change: { name, text } }) => {
      const answer = await direct.txt(name)
      if (answer.kind === 'temporary') return true
      return answer.kind === 'records' && answer.records.includes(text)
    }),
  )
  return answers.every(Boolean)
}
