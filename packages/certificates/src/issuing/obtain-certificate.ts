import type { KeyObject } from 'node:crypto'
import { certificateRequest } from '@posthouse/local-ca'
import type { CertificateOrder } from '@posthouse/store'
import { faultPoint } from '@posthouse/telemetry'
import type { AcmeClient } from '../acme/acme-client.ts'
import { AcmeProblem, problemOf } from '../acme/acme-problem.ts'
import { orderOf, watch, type Order, type Patience } from '../acme/order.ts'
import { NamesRefused, proveAll, type Ordering } from './prove-names.ts'

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

/** An authority asks from several places, each with a patience of its own. */
const decisionMs = 180_000
const everyMs = 1_000
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
    const { authorizations } = order
    await proveAll({ authorizations, names: wish.names }, ordering, patience)
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
