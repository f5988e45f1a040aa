import { X509Certificate, type KeyObject } from 'node:crypto'
import type { AcmeConfig } from '@posthouse/config'
import type { Resolver } from '@posthouse/dns'
import { SecretKeyUnfit, type Actor, type Certificate, type Certificates } from '@posthouse/store'
import { AcmeClient } from '../acme/acme-client.ts'
import { AcmeProblem } from '../acme/acme-problem.ts'
import { renewalIdentifier } from '../acme/renewal-info.ts'
import { readChain } from './certificate-facts.ts'
import type { NameGroup } from './name-groups.ts'
import { newKey } from './new-key.ts'
import { obtainCertificate } from './obtain-certificate.ts'
import { NamesRefused } from './prove-names.ts'
import { fileText, proverOf } from './prover-of.ts'
import { isPassing, leastKept, nameRestAfter, renewalTime, restAfter } from './rest.ts'
import { wantedNames, type WantedNames } from './wanted-names.ts'

/** What issuing needs. */
export interface IssuerContext {
  readonly acme: AcmeConfig
  readonly hostname: string
  readonly certificates: Certificates
  readonly resolver: Resolver
  readonly by: Actor
  /** What is being done, for whoever waits. */
  readonly told?: (step: string) => void
}

/** What became of it. */
export type Issued =
  | { readonly kind: 'issued'; readonly names: readonly string[]; readonly notAfter: Date }
  /** No name leads here. */
  | { readonly kind: 'nothing'; readonly because: string }
  | {
      readonly kind: 'failed'
      readonly problem: { readonly kind: string; readonly text: string }
      readonly restSeconds: number
    }

/** Without the names that were refused it is tried again so often at once. */
const rounds = 3

/** Gets certificates from the authority, one at a time. */
export class Issuer {
  readonly #context: IssuerContext

  constructor(context: IssuerContext) {
    this.#context = context
  }

  /** Issues or renews the certificate of a group. A failure is a value, and noted; only the store's own are thrown. */
  async issue(group: NameGroup, signal?: AbortSignal): Promise<Issued> {
    const { certificates, acme } = this.#context
    const present = await certificates.equip(group.name, () => newKey(acme.keyType))
    try {
      return await this.#rounds(group, present, signal)
    } catch (error) {
      signal?.throwIfAborted()
      const problem = problemIn(error)
      if (problem === undefined) throw error
      const restSeconds = restAfter(problem, present.failures)
      const { kind, message: text } = problem
      // Whatever is wrong with an order that stands, another one begins anew.
      if (!isPassing(kind)) await certificates.noteOrder(group.name, undefined)
      await certificates.noteFailure(group.name, { kind, text }, restSeconds)
      return { kind: 'failed', problem: { kind, text }, restSeconds }
    }
  }

  /** A client in our name, registered with the authority. */
  async client(signal?: AbortSignal): Promise<AcmeClient> {
    const { acme, certificates } = this.#context
    const known = await certificates.account(acme.directory)
    const key = known?.key ?? (await newKey('ecdsa'))
    const ca = acme.caFile === undefined ? undefined : await fileText('tls.acme_ca', acme.caFile)
    const account = known?.email === acme.email ? known?.url : undefined
    const client = new AcmeClient({ directory: acme.directory, ca, key, account, signal })
    if (account !== undefined) return client
    // The key is kept first: what is registered with one that is lost can never be had again.
    const { email } = acme
    if (known === undefined)
      await certificates.keepAccount(acme.directory, { key, url: undefined, email: undefined })
    const url = await client.register(email)
    if (known?.url !== undefined) await changeContact(client, url, email)
    await certificates.keepAccount(acme.directory, { key, url, email })
    return client
  }

  async #rounds(group: NameGroup, present: Certificate, signal?: AbortSignal): Promise<Issued> {
    const { certificates, told } = this.#context
    for (let round = 1; ; round++) {
      const wanted = await wantedNames(this.#context, group, present)
      if (wanted.names.length === 0) return await this.#nothing(group, wanted)
      try {
        return await this.#obtain(group, present, wanted.names, signal)
      } catch (error) {
        if (!(error instanceof NamesRefused)) throw error
        for (const { name, text } of error.refused) {
          told?.(`${name}: ${text}`)
          const rest = nameRestAfter(wanted.failures.get(name) ?? 0)
          await certificates.noteNameFailure(group.name, name, text, rest)
        }
        await certificates.noteOrder(group.name, undefined)
        const isHopeless = error.refused.length >= wanted.names.length || round === rounds
        if (isHopeless) throw new AcmeProblem(error.refused[0]?.kind ?? 'names', error.message)
      }
    }
  }

  async #nothing({ name }: NameGroup, { why }: WantedNames): Promise<Issued> {
    const problem = new AcmeProblem('dns', why)
    const restSeconds = restAfter(problem, 0)
    // No authority was asked: it is no failure that counts, and new records are to be noticed soon.
    await this.#context.certificates.noteIdle(name, restSeconds)
    return { kind: 'nothing', because: problem.message }
  }

  async #obtain(
    { name }: NameGroup,
    present: Certificate,
    names: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<Issued> {
    const { certificates, by } = this.#context
    const isNext = present.nextPin !== undefined && (present.nextReadyInSeconds ?? 1) <= 0
    const key = await certificates.key(name, isNext ? 'next' : 'present')
    if (key === undefined) throw new AcmeProblem('key', `${name} has no key`)
    const chain = await this.#ordered(names, key, { present, isNext }, signal)
    const made = readChain(chain, key, names)
    const times = { renewAt: renewalTime(made), keptSeconds: leastKept(made) }
    await certificates.install(name, { ...made, ...times, isNext }, by)
    return { kind: 'issued', names: made.names, notAfter: made.notAfter }
  }

  async #ordered(
    names: readonly string[],
    key: KeyObject,
    { present, isNext }: { readonly present: Certificate; readonly isNext: boolean },
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const { certificates, told, acme } = this.#context
    const { name, order, chain } = present
    const prover = await proverOf(this.#context)
    const attempt = async (client: AcmeClient): Promise<string> => {
      const isOffered = (await client.resource('renewalInfo')) !== undefined
      const wish = {
        names,
        key,
        replaces:
          chain === undefined || !isOffered
            ? undefined
            : renewalIdentifier(new X509Certificate(chain)),
        begun: order?.isNext === isNext ? order : undefined,
      }
      return obtainCertificate(wish, {
        client,
        prover,
        signal,
        noteOrder: (url) => certificates.noteOrder(name, { url, names, isNext }),
        told: (step) => told?.(step),
      })
    }
    try {
      return await attempt(await this.client(signal))
    } catch (error) {
      if (!(error instanceof AcmeProblem) || error.kind !== 'accountDoesNotExist') throw error
      // The authority has forgotten us: the key is as good as ever.
      const known = await certificates.account(acme.directory)
      if (known !== undefined)
        await certificates.keepAccount(acme.directory, { ...known, url: undefined })
      return await attempt(await this.client(signal))
    }
  }
}

/** RFC 8555 §7.3.2: an account that was there keeps its contact until it is changed. */
async function changeContact(
  client: AcmeClient,
  url: string,
  email: string | undefined,
): Promise<void> {
  await client.post(url, { contact: email === undefined ? [] : [`mailto:${email}`] })
}

/** What is no mistake of ours. */
function problemIn(error: unknown): AcmeProblem | undefined {
  if (error instanceof AcmeProblem) return error
  if (error instanceof SecretKeyUnfit) return new AcmeProblem('key', error.message)
  return undefined
}
