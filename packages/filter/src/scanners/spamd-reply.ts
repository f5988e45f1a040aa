import type { Finding } from '../stage.ts'

/** What spamd said. */
export interface SpamdReply {
  readonly score: number
  readonly threshold: number
  readonly symbols: readonly Finding[]
}

/** Lines of a report that are looked at. */
const mostLines = 500

/**
 * Reads the answer to REPORT: `SPAMD/1.1 0 EX_OK`, a field `Spam: True ; 15.3 / 5.0`, and the report, a table of points, rules
 * and words. Undefined: it is none, or not whole.
 */
export function readSpamdReply(answer: Buffer): SpamdReply | undefined {
  const { status, fields, body } = partsOf(answer)
  if (status !== 0) return undefined
  const spam = /^(?:True|False|Yes|No)\s*;\s*(-?\d+(?:\.\d+)?)\s*\/\s*(-?\d+(?:\.\d+)?)/i.exec(
    fields.get('spam') ?? '',
  )
  if (spam === null || !isWhole(fields, body)) return undefined
  const lines = body.toString('latin1').split(/\r?\n/, mostLines)
  return {
    score: Number(spam[1]),
    threshold: Number(spam[2]),
    symbols: lines.flatMap((line) => ruleOf(line)),
  }
}

/** Why there is no answer, in spamd's words: `64 EX_USAGE`. */
export function spamdTrouble(answer: Buffer): string {
  const first = answer.toString('latin1').split(/\r?\n/, 1)[0] ?? ''
  return first.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 100)
}

/** True for the answer to PING: `SPAMD/1.5 0 PONG`. */
export function isPong(answer: Buffer): boolean {
  return /^SPAMD\/[\d.]+ 0 PONG\r?\n/.test(answer.toString('latin1'))
}

function partsOf(answer: Buffer) {
  const end = answer.indexOf('\r\n\r\n')
  const head = answer.subarray(0, end === -1 ? answer.length : end).toString('latin1')
  const [first = '', ...lines] = head.split('\r\n')
  const status = /^SPAMD\/[\d.]+ (\d+) /.exec(first)?.[1]
  const fields = new Map(
    lines.map((line) => {
      const at = line.indexOf(':')
      return [line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim()] as const
    }),
  )
  const body = end === -1 ? Buffer.alloc(0) : answer.subarray(end + 4)
  return { status: status === undefined ? undefined : Number(status), fields, body }
}

/** A connection that broke looks like its end; the length tells. */
function isWhole(fields: ReadonlyMap<string, string>, body: Buffer): boolean {
  const length = fields.get('content-length')
  return length !== undefined && /^\d+$/.test(length) && Number(length) <= body.length
}

/** ` 1.5 RULE_NAME   What it is about`; words that go on in the next line are let go. */
function ruleOf(line: string): readonly Finding[] {
  const [, points, symbol, words] =
    /^\s{0,8}(-?\d{1,4}(?:\.\d{1,3})?)\s+([A-Z][A-Z0-9_]{2,60})\s+(.*)$/.exec(line) ?? []
  if (points === undefined || symbol === undefined) return []
  return [{ symbol, points: Number(points), reason: (words ?? '').trim().slice(0, 150) }]
}
