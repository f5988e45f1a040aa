import { faultPoint } from '@posthouse/telemetry'
import type { AcmeClient } from '../acme/acme-client.ts'
import { AcmeProblem, type Subproblem } from '../acme/acme-problem.ts'
import { keyAuthorization } from '../acme/jws.ts'
import {
  authorizationOf,
  refusalOf,
  watch,
  type Authorization,
  type Order,
  type Patience,
} from '../acme/order.ts'
import type { Proof, Prover } from '../challenges/prover.ts'

/** Who is at work. */
export interface Ordering {
  readonly client: AcmeClient
  readonly prover: Prover
  readonly signal: AbortSignal | undefined
  /** An order stands; it is kept, so that one that is cut off can be taken up again. */
  readonly noteOrder: (url: string) => Promise<void>
  readonly told: (step: string) => void
}

/** Names that the authority does not believe; the others may be ordered without them. */
export class NamesRefused extends Error {
  override readonly name = 'NamesRefused'
  readonly refused: readonly Subproblem[]

  constructor(refused: readonly Subproblem[]) {
    super(refused.map(({ name, text }) => `${name}: ${text}`).join('; '))
    this.refused = refused
  }
}

/** Questions at the same moment. */
const atOnce = 8

/**
 * Proves the names of an order that are not proved yet.
 *
 * @throws NamesRefused naming those that the authority does not believe
 * @throws AcmeProblem `protocol` where it wants others proved
 */
export async function proveAll(
  order: Pick<Order, 'authorizations' | 'names'>,
  ordering: Ordering,
  patience: Patience,
): Promise<void> {
  const { client, prover, told, signal } = ordering
  const open = (
    await inTurns(order.authorizations, async (url) =>
      authorizationOf(url, (await client.post(url)).body),
    )
  ).filter(({ status }) => status !== 'valid')
  // Answers are published, and zones changed, for names that were ordered alone.
  const strange = open.find(({ name }) => !order.names.includes(name))
  if (strange !== undefined)
    throw new AcmeProblem(
      'protocol',
      `the authority asks for ${strange.name}, which was not ordered`,
    )
  const proofs = open.map((each) => ({ ...proofOf(each, prover, client), authorization: each }))
  if (proofs.length === 0) return
  try {
    told(`proving ${proofs.map(({ name }) => name).join(', ')} by ${prover.kind}`)
    await prover.publish(proofs.map(bare), signal)
    await faultPoint('certificates.published')
    const refused = await inTurns(proofs, ({ authorization, url }) =>
      refusalOfName(authorization, url, ordering, patience),
    )
    const real = refused.filter((each) => each !== undefined)
    if (real.length > 0) throw new NamesRefused(real)
  } finally {
    await prover.withdraw(proofs.map(bare))
  }
}

/** For the store and the wire: nothing else of the challenge. */
function bare({ name, token, answer }: Proof): Proof {
  return { name, token, answer }
}

function proofOf(
  { name, challenges }: Authorization,
  { kind }: Prover,
  client: AcmeClient,
): Proof & { readonly url: string } {
  const challenge = challenges.find((each) => each.kind === kind)
  if (challenge === undefined)
    throw new NamesRefused([
      { name, kind: 'unauthorized', text: `the authority does not take ${kind} for it` },
    ])
  const { token, url } = challenge
  if (!/^[A-Za-z0-9_-]{16,200}$/.test(token))
    throw new AcmeProblem('protocol', 'the authority asks with a token that is none')
  return { name, token, url, answer: keyAuthorization(token, client.key) }
}

/** Lets the authority look, and waits for what it says; nothing where it believes. */
async function refusalOfName(
  { url, name }: Authorization,
  challenge: string,
  { client, prover }: Ordering,
  patience: Patience,
): Promise<Subproblem | undefined> {
  await client.post(challenge, {})
  const result = await watch(
    client,
    url,
    ({ body }) => {
      const authorization = authorizationOf(url, body)
      return authorization.status === 'pending' ? undefined : authorization
    },
    patience,
  )
  if (result.status === 'valid') return undefined
  const { kind, message } = refusalOf(result)
  const remark = prover.remark(name)
  return { name, kind, text: remark === undefined ? message : `${message} (from here: ${remark})` }
}

/** A few at a time, in order. */
async function inTurns<In, Out>(
  all: readonly In[],
  work: (each: In) => Promise<Out>,
): Promise<readonly Out[]> {
  const results: Out[] = []
  for (let at = 0; at < all.length; at += atOnce)
    results.push(...(await Promise.all(all.slice(at, at + atOnce).map(work))))
  return results
}
