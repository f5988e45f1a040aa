import type { AuditEntry } from '@posthouse/store'
import { CliError } from '../cli-error.ts'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { kind } from '../output/kind.ts'
import { dateTime, listOf, string } from '../output/shape.ts'
import { withStore } from '../with-store.ts'
import { parseMoment } from './parse-quantity.ts'

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
  const since = sinceOf(options.since)
  const filter = {
    limit: limitOf(options.limit),
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

function sinceOf(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined
  const moment = parseMoment(text, new Date())
  if (moment !== undefined) return moment
  throw new CliError('usage', 'audit.since', `"${text}" is no time`, 'write 12h, 3d or 2030-12-31')
}

function limitOf(text: string): number {
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= mostLines) return limit
  throw new CliError('usage', 'audit.limit', `"${text}" is no number of lines`, `1 to ${mostLines}`)
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
