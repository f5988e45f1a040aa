import type { KeyObject } from 'node:crypto'
import { certificateRequest } from '@posthouse/local-ca'
import type { CertificateOrder } from '@posthouse/store'
import { faultPoint } from '@posthouse/telemetry'
import type { AcmeClient } from '../acme/acme-client.ts'
import { AcmeProblem, problemOf, type Subproblem } from '../acme/acme-problem.ts'
import { keyAuthorization } from '../acme/jws.ts'
import {
  authorizationOf,
  orderOf,
  refusalOf,
  watch,
  type Authorization,
  type Order,
  type Patience,
} from '../acme/order.ts'
import type { Proof, Prover } from '../challenges/prover.ts'

/** What is ordered. */
export interface Wish {
  readonly names: readonly string[]
  /** The certificate's. */
  readonly key: KeyObject
  /** The identifier of the certificate that it follows. */
  readonly replaces: string | undefined
  /** An order that was begun before, for these names. */
  readonly begun: Pick<CertificateOrder, 'url'> | undefined
}

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

/** An authority asks from several places, each with a patience of its own. */
const decisionMs = 180_000
const everyMs = 1_000
/** Questions at the same moment. */
const atOnce = 8

/**
 * Orders a certificate, proves the names, and gives the chain as the authority gives it (RFC 8555 §7.4).
 *
 * @throws NamesRefused where it is some names' fault
 * @throws AcmeProblem for everything else
 */
export async function obtainCertificate(wish: Wish, ordering: Ordering): Promise<string> {
  const { client, signal, told } = ordering
  const patience = { signal, limitMs: decisionMs, everyMs }
  let order = (await takenUp(wish, client)) ?? (await placed(wish, ordering))
  await ordering.noteOrder(order.url)
  await faultPoint('certificates.ordered')
  if (order.status === 'pending') {
    await proveAll(order, ordering, patience)
    order = await decided(client, order.url, patience, 'pending')
  }
  if (order.status === 'ready') {
    told('the names are proved')
    const csr = certificateRequest(wish.key, wish.names).toString('base64url')
    await client.post(order.finalize, { csr })
    await faultPoint('certificates.finalized')
  }
  order = await decided(client, order.url, patience, 'ready', 'processing')
  if (order.certificate === undefined) throw problemOf(order.error, `the order is ${order.status}`)
  const { text } = await client.post(order.certificate)
  return text
}

/** The order that was begun, if it can still lead to a certificate. */
async function takenUp({ begun, names }: Wish, client: AcmeClient): Promise<Order | undefined> {
  if (begun === undefined) return undefined
  try {
    const order = orderOf(begun.url, (await client.post(begun.url)).body)
    const isOpen = ['pending', 'ready', 'processing', 'valid'].includes(order.status)
    const isSame = order.names.toSorted().join(' ') === names.toSorted().join(' ')
    return isOpen && isSame ? order : undefined
  } catch (error) {
    // It is forgotten there, or another account's.
    if (error instanceof AcmeProblem && !['unreachable', 'timeout'].includes(error.kind))
      return undefined
    throw error
  }
}

async function placed({ names, replaces }: Wish, { client, told }: Ordering): Promise<Order> {
  told(`ordering for ${names.join(', ')}`)
  try {
    return await orderAt(client, names, replaces)
  } catch (error) {
    if (!(error instanceof AcmeProblem)) throw error
    // RFC 9773 §5: what it follows is none of this authority's, or was followed already.
    if (replaces !== undefined && ['alreadyReplaced', 'malformed'].includes(error.kind))
      return await orderAt(client, names, undefined)
    const refused = error.subproblems.filter(({ name }) => names.includes(name))
    throw refused.length > 0 ? new NamesRefused(refused) : error
  }
}

async function orderAt(
  client: AcmeClient,
  names: readonly string[],
  replaces: string | undefined,
): Promise<Order> {
  const { body, location } = await client.newOrder(names, replaces)
  if (location === undefined) throw new AcmeProblem('protocol', 'the order has no address')
  return orderOf(location, body)
}

async function proveAll(order: Order, ordering: Ordering, patience: Patience): Promise<void> {
  const { client, prover, told, signal } = ordering
  const open = (
    await inTurns(order.authorizations, async (url) =>
      authorizationOf(url, (await client.post(url)).body),
    )
  ).filter(({ status }) => status !== 'valid')
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

function decided(
  client: AcmeClient,
  url: string,
  patience: Patience,
  ...passing: readonly string[]
): Promise<Order> {
  return watch(
    client,
    url,
    ({ body }) => {
      const order = orderOf(url, body)
      if (order.status === 'invalid')
        throw problemOf(order.error, 'the authority gave the order up')
      return passing.includes(order.status) ? undefined : order
    },
    patience,
  )
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
