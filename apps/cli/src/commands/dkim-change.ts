import {
  dkimAlgorithms,
  type DkimAlgorithm,
  type DkimCreation,
  type DkimKey,
  type DkimRequest,
  type Store,
} from '@posthouse/store'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions, type CommonOptions } from '../command-options.ts'
import type { Terminal } from '../output/terminal.ts'
import { withStore } from '../with-store.ts'
import { findKey, dkimKeyKind, keyItem, keysOfDomain, tellRecord } from './dkim-item.ts'
import { foreignDomain } from './foreign-domain.ts'
import { parseDuration } from './parse-quantity.ts'

/** `posthouse dkim create DOMAIN`. */
export async function createKeys(
  domain: string,
  options: ChangeOptions & {
    readonly alg?: string | undefined
    readonly selector?: string | undefined
  },
): Promise<void> {
  const terminal = terminalOf(options)
  const { selector } = options
  const kinds = kindsOf(options.alg)
  if (selector !== undefined && kinds.length > 1)
    throw new CliError(
      'usage',
      'dkim.alg',
      'Say which key --selector names',
      'give --alg rsa or ed25519',
    )
  await withStore(options, async (store) => {
    await keysOfDomain(store, domain)
    if (options.dryRun === true)
      return terminal.talk(`Would make keys for ${domain}: ${kinds.join(', ')}`)
    const requests = kinds.map((algorithm) => ({ algorithm, selector }))
    tellMade(terminal, await makeKeys(store, domain, requests))
  })
}

/** `posthouse dkim rotate DOMAIN`. A second time it goes on where the first one ended. */
export async function rotateKeys(
  domain: string,
  options: ChangeOptions & { readonly overlap: string },
): Promise<void> {
  const terminal = terminalOf(options)
  const overlapSeconds = options.overlap === '0' ? 0 : parseDuration(options.overlap)
  if (overlapSeconds === undefined || overlapSeconds > longestOverlapSeconds)
    throw new CliError(
      'usage',
      'usage.duration',
      `"${options.overlap}" is no such time`,
      'write 7d or 2w',
    )
  await withStore(options, async (store) => {
    const keys = await keysOfDomain(store, domain)
    const used = keys.filter(({ state }) => state === 'active' || state === 'waiting')
    const kinds = dkimAlgorithms.filter(
      (kind) => used.length === 0 || used.some(({ algorithm }) => algorithm === kind),
    )
    if (options.dryRun === true)
      return terminal.talk(`Would make the next keys of ${domain}: ${kinds.join(', ')}`)
    const requests = kinds.map((algorithm) => ({ algorithm, overlapSeconds }))
    tellMade(terminal, await makeKeys(store, domain, requests))
    terminal.talk(
      'The present keys sign until DNS shows the next ones. Leave their records where they',
    )
    terminal.talk(`are: posthouse dkim list ${domain} says when each may go.`)
  })
}

/** `posthouse dkim retire DOMAIN SELECTOR`. */
export async function retireKey(
  domain: string,
  selector: string,
  options: ChangeOptions & {
    readonly now?: boolean | undefined
    readonly confirm?: string | undefined
  },
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const key = await findKey(store, domain, selector)
    if (key.state === 'retired')
      throw new CliError('conflict', 'dkim.retired', `${selector} is retired already`)
    if (options.dryRun === true) return terminal.talk(`Would take ${selector} out of use`)
    await confirmRetirement(key, options)
    const now = options.now === true
    const after = await store.dkimKeys.retire(key, { now }, commandLineActor())
    if (after === undefined) return
    terminal.object(dkimKeyKind, keyItem(after))
    const record = `${after.selector}._domainkey.${after.domain}`
    if (after.state === 'retired') {
      terminal.talk(`${after.selector} is retired: take the record ${record} out of DNS.`)
      if (now)
        terminal.talk('Where it was stolen, publish "v=DKIM1; p=" there instead: it is revoked.')
    } else {
      const day = after.retireAt?.toISOString().slice(0, 10) ?? ''
      terminal.talk(`${after.selector} signs no more. Leave ${record} in DNS until ${day}.`)
    }
    terminal.next(`posthouse dkim list ${after.domain}`)
  })
}

async function confirmRetirement(
  { state, domain, algorithm }: DkimKey,
  options: CommonOptions & {
    readonly now?: boolean | undefined
    readonly confirm?: string | undefined
  },
): Promise<void> {
  if (state !== 'active' && options.now !== true) return
  const what = state === 'active' ? `Mail of ${domain} will not be signed with ${algorithm}.` : ''
  const more = options.now === true ? ' Mail on its way will not verify any more.' : ''
  const { confirmByName } = await import('../ask.ts')
  await confirmByName(
    { warning: `${what}${more}`.trim(), name: domain, given: options.confirm },
    options,
  )
}

/** What became of each request, in order; what is there already waits on. */
export async function makeKeys(
  store: Store,
  domain: string,
  requests: readonly DkimRequest[],
): Promise<readonly Made[]> {
  const made: Made[] = []
  for (const request of requests) {
    const creation = await store.dkimKeys.create(domain, request, commandLineActor())
    made.push({ key: keyOf(domain, request, creation), isNew: creation.ok })
  }
  return made
}

/** A key that was made, or had been before. */
export interface Made {
  readonly key: DkimKey
  readonly isNew: boolean
}

function keyOf(domain: string, { selector }: DkimRequest, creation: DkimCreation): DkimKey {
  if (creation.ok) return creation.key
  if (creation.reason === 'waiting') {
    if (selector === undefined) return creation.key
    const hint = `posthouse dkim retire ${domain} ${creation.key.selector}`
    const message = `${creation.key.selector} waits to be published already`
    throw new CliError('conflict', 'dkim.waiting', message, hint)
  }
  if (creation.reason === 'not-found') throw foreignDomain(domain)
  if (creation.reason === 'exists')
    throw new CliError('conflict', 'dkim.exists', `The selector ${selector ?? ''} was used before`)
  throw new CliError('usage', 'dkim.selector', `"${selector ?? ''}" is no selector`, 'write p2026a')
}

function tellMade(terminal: Terminal, made: readonly Made[]): void {
  const items = made.map(({ key }) => keyItem(key))
  terminal.list(dkimKeyKind, items, ['domain', 'selector', 'algorithm', 'state', 'now'])
  for (const { key, isNew } of made) {
    if (!isNew) terminal.talk(`${key.selector} was made before, and waits to be published.`)
    tellRecord(terminal, key)
  }
  terminal.talk('\nPublish these records. Each key signs once DNS shows it, by itself.')
  terminal.next(...made.map(({ key }) => `posthouse dkim show ${key.domain} ${key.selector} --dns`))
}

function kindsOf(alg: string | undefined): readonly DkimAlgorithm[] {
  if (alg === undefined) return dkimAlgorithms
  const kind = dkimAlgorithms.find((each) => each === alg || each === `${alg}-2048`)
  if (kind !== undefined) return [kind]
  throw new CliError('usage', 'dkim.alg', `There is no kind of key "${alg}"`, 'rsa or ed25519')
}

/** A year. */
const longestOverlapSeconds = 366 * 86_400
