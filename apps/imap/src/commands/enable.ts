import { enableArguments, end, formatEnabled, space } from '@posthouse/imap-wire'
import { command } from '../session/command.ts'
import { ok } from '../session/completion.ts'

/** What can be enabled, upper case. The verbs that mind it look into `enabled`. */
const known: ReadonlySet<string> = new Set()

/** ENABLE: unknown names are passed over without an error. RFC 5161 §3.1. */
export const enable = command({
  names: ['ENABLE'],
  state: 'member',
  capabilities: ['ENABLE'],
  parse(c) {
    space(c)
    const names = enableArguments(c)
    end(c)
    return names
  },
  async *execute(names, { enabled }) {
    const fresh = names.filter((name) => known.has(name) && !enabled.has(name))
    for (const name of fresh) enabled.add(name)
    yield formatEnabled(fresh)
    return ok('Done')
  },
})
