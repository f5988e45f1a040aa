import { enableArguments, end, formatEnabled, space } from '@posthouse/imap-wire'
import { command } from '../session/command.ts'
import { ok } from '../session/completion.ts'

/**
 * What can be enabled, upper case, and what is on then. The verbs that mind it look into `enabled`.
 * RFC 7162 §3.2.3: who uses QRESYNC is CONDSTORE-aware.
 */
const known: ReadonlyMap<string, readonly string[]> = new Map([
  ['CONDSTORE', ['CONDSTORE']],
  // RFC 6855 §3: from here on mailbox names are UTF-8.
  ['UTF8=ACCEPT', ['UTF8=ACCEPT']],
  ['QRESYNC', ['QRESYNC', 'CONDSTORE']],
])

/**
 * ENABLE: unknown names are passed over without an error (RFC 5161 §3.1). What is on already is
 * confirmed like the rest: CONDSTORE may be on by another command, and the client wants to hear of it.
 */
export const enable = command({
  names: ['ENABLE'],
  state: 'member',
  capabilities: ['ENABLE', 'CONDSTORE', 'QRESYNC', 'UTF8=ACCEPT'],
  extension: () => 'ENABLE',
  parse(c) {
    space(c)
    const names = enableArguments(c)
    end(c)
    return names
  },
  async *execute(names, { enabled, without }) {
    const asked = [...new Set(names)].filter((name) => known.has(name) && !without.has(name))
    for (const name of asked) for (const one of known.get(name) ?? []) enabled.add(one)
    yield formatEnabled(asked)
    return ok('Done')
  },
})
