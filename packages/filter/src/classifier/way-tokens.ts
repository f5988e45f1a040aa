import { registrable } from '../view/domains.ts'
import { firstOf, ownerIn, shapeOf, type Field } from './field-list.ts'
import { bucket } from './link-tokens.ts'
import { maxHops } from './limits.ts'
import type { TokenSet } from './token-set.ts'

/** Hops inside one machine tell nothing. */
const local = /\[127\.0\.0\.1\]|\(fetchmail/
const hostName = /\b((?:[\w-]+\.)+[a-z]{2,})\b/gi
/** `from HELO (name [address])`, as most servers write it. */
const client = /^from (\S+) \((?:(\S+) )?\[[\d.]+\]/

/**
 * The way a message says it took: whether it leads past whoever signed it, what its clients called themselves, and how its servers
 * write. Their names are left out: those tell whose mail it is, not whether somebody wants it.
 */
export function addWayTokens(tokens: TokenSet, fields: readonly Field[]): void {
  const hops = fields
    .filter(({ name, value }) => name === 'received' && !local.test(value))
    .slice(0, maxHops)
    .map(({ value }) => value)
  const owners = new Set(
    hops.flatMap((hop) => [...hop.matchAll(hostName)].map(([host]) => ownerOf(host))),
  )
  tokens.add(`way:hops ${bucket(hops.length)}`)
  tokens.add(`way:from ${owners.has(ownerIn(firstOf(fields, 'from')))}`)
  tokens.add(`way:id ${owners.has(ownerIn(firstOf(fields, 'message-id')))}`)
  for (const hop of hops) addHop(tokens, hop)
}

function addHop(tokens: TokenSet, hop: string): void {
  const [written = '', date = ''] = hop.split(';')
  tokens.add(`way:hop ${handOf(written)}`)
  tokens.add(`way:date ${shapeOf(date.trim()).slice(0, 40)}`)
  const [, helo, name = 'unknown'] = client.exec(hop) ?? []
  if (helo === undefined) return
  if (name === 'unknown') tokens.add('way:nameless')
  else tokens.add(`way:helo ${ownerOf(helo) === ownerOf(name) ? 'like' : 'unlike'} name`)
  if (/^\[?[\d.]+\]?$/.test(helo)) tokens.add('way:helo address')
  else if (!helo.includes('.')) tokens.add('way:helo bare')
}

/** How a server writes: its words without names, numbers and addresses. */
function handOf(written: string): string {
  return written
    .replace(/<[^>]*>/g, '<>')
    .replace(/\b[\w-]+(\.[\w-]+)+\b/g, 'h')
    .replace(/\d+/g, '9')
    .replace(/\bid \S+/, 'id')
    .slice(0, 80)
}

function ownerOf(host: string): string {
  return registrable(host.toLowerCase())
}
