import type { ListsByKind } from './blocklist-stage.ts'
import { DnsList, type DnsListServices } from './dns-list.ts'
import type { ListCode, ListDefinition } from './list-definition.ts'
import { knownLists } from './known-lists.ts'

/** A list of the operator's own, or one that is not known here. */
export interface OwnList extends Pick<ListDefinition, 'name' | 'zone' | 'kind' | 'takesAddresses'> {
  /** Points by answer: `{ "127.0.0.2": 4 }`; the answers as in `ListCode`. */
  readonly codes: Readonly<Record<string, number>>
}

/** A list as it is named in the configuration. */
export type NamedList = { readonly use: string } | OwnList

/**
 * The lists of the configuration, ready to be asked.
 *
 * @throws TypeError for a name that is not known, and for a code that is none.
 */
export function dnsLists(named: readonly NamedList[], services: DnsListServices): ListsByKind {
  const lists = named.map((list) => new DnsList(definitionOf(list), services))
  return {
    addresses: lists.filter(({ kind }) => kind === 'address'),
    domains: lists.filter(({ kind }) => kind === 'domain'),
  }
}

function definitionOf(list: NamedList): ListDefinition {
  if (!('use' in list)) return { ...list, codes: codesOf(list.codes) }
  const known = knownLists.find(({ name }) => name === list.use)
  if (known !== undefined) return known
  const names = knownLists.map(({ name }) => name).join(', ')
  throw new TypeError(`there is no list "${list.use}"; the known ones are ${names}`)
}

function codesOf(codes: OwnList['codes']): readonly ListCode[] {
  return Object.entries(codes).map(([code, points]) => ({ code, points, meaning: code }))
}
