import { setTimeout as sleep } from 'node:timers/promises'
import type { Certificates } from '@posthouse/store'
import { askOverHttp, askOverTls, type AnswerSeen } from './look-from-here.ts'
import type { Proof, Prover } from './prover.ts'

/** What proving by the web listeners needs. */
export interface WebProverContext {
  readonly kind: 'http-01' | 'tls-alpn-01'
  readonly certificates: Pick<Certificates, 'putChallenges' | 'dropChallenges'>
  /** Where names lead. */
  readonly addressesOf: (name: string) => Promise<readonly string[]>
  readonly httpPort: number
  readonly tlsPort: number
}

/** Listeners on other machines hear of a challenge within a moment. */
const patienceMs = 5_000
const everyMs = 250

/**
 * Has the web listeners of all machines answer, by the store. Then it looks from here whether they do. What it sees decides
 * nothing, because not every network lets a machine reach itself by its public address; but it is told where the authority
 * fails, too: the web app is off, the port leads elsewhere.
 */
export function webProver(context: WebProverContext): Prover {
  const { kind, certificates } = context
  const remarks = new Map<string, string>()
  return {
    kind,
    async publish(proofs, signal) {
      remarks.clear()
      await certificates.putChallenges(proofs.map((proof) => ({ kind, ...proof })))
      await Promise.all(
        proofs.map(async (proof) => {
          const seen = await lookFor(context, proof, signal)
          if (!seen.ok) remarks.set(proof.name, seen.because)
        }),
      )
    },
    async withdraw(proofs) {
      // What is left goes by its age.
      await certificates.dropChallenges(proofs.map(({ token }) => token)).catch(() => undefined)
    },
    remark: (name) => remarks.get(name),
  }
}

async function lookFor(
  context: WebProverContext,
  proof: Proof,
  signal: AbortSignal | undefined,
): Promise<AnswerSeen> {
  const { kind, httpPort, tlsPort } = context
  const [address, because] = await addressOf(context, proof)
  if (address === undefined) return { ok: false, because }
  const deadline = performance.now() + patienceMs
  for (;;) {
    const seen = await (kind === 'http-01'
      ? askOverHttp(address, httpPort, proof)
      : askOverTls(address, tlsPort, proof.name))
    if (seen.ok || performance.now() > deadline || signal?.aborted === true) return seen
    await sleep(everyMs)
  }
}

/** Where to look; DNS that does not answer for one name keeps no other from being proved. */
async function addressOf(
  { addressesOf }: WebProverContext,
  { name }: Proof,
): Promise<readonly [address: string | undefined, because: string]> {
  try {
    const [address] = await addressesOf(name)
    return [address, `${name} leads nowhere`]
  } catch (error) {
    return [undefined, error instanceof Error ? error.message : String(error)]
  }
}
