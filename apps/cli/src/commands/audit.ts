import type { AuditEntry } from '@posthouse/store'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { kind } from '../output/kind.ts'
import { dateTime, listOf, string } from '../output/shape.ts'
import { withStore } from '../with-store.ts'
import { limitOf, sinceOf } from './list-bounds.ts'

/** A line of the trail. */
const auditEntryKind = kind('AuditEntry', 'a change, who made it, and when', {
  at: dateTime,
  by: string,
  via: string,
  action: string,
  object: string,
  details: listOf(string),
})

/** More than anybody reads; a whole trail is for a query of one's own. */
const mostLines = 100_000

/** `posthouse audit`. */
export async function listAudit(
  options: CommonOptions & {
    readonly by?: string | undefined
    readonly object?: string | undefined
    readonly since?: string | undefined
    readonly limit: string
  },
): Promise<void> {
  const terminal = terminalOf(options)
  const since = sinceOf(options.since, 'audit.since')
  const filter = {
    limit: limitOf(options.limit, mostLines, 'lines', 'audit.limit'),
    ...(options.by === undefined ? {} : { user: options.by }),
    ...(options.object === undefined ? {} : { object: options.object }),
    ...(since === undefined ? {} : { since }),
  }
  await withStore(options, async (store) => {
    const entries = await store.audit.list(filter)
    terminal.list(auditEntryKind, entries.map(itemOf), [
      'at',
      'by',
      'via',
      'action',
      'object',
      'details',
    ])
    if (entries.length === 0) terminal.talk('Nothing was changed.')
  })
}

function itemOf({ at, actor, action, object, details }: AuditEntry) {
  const pairs = Object.entries(details).filter(([, value]) => value !== null)
  return {
    id: object,
    fields: {
      at: at.toISOString(),
      by: actor.user,
      via: actor.via,
      action,
      object,
      details: pairs.map(([key, value]) => `${key}=${textOf(value)}`),
    },
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
