import type { Finding } from '../stage.ts'

/** What rspamd said. */
export interface RspamdReply {
  readonly score: number
  /** `no action`, `greylist`, `add header`, `rewrite subject`, `soft reject`, `reject`. */
  readonly action: string
  readonly isSkipped: boolean
  readonly symbols: readonly Finding[]
}

/** Symbols of one answer that are looked at. */
const mostSymbols = 500

/** Reads the JSON of /checkv2; undefined: it is none, or lacks what it must have. */
export function readRspamdReply(text: string): RspamdReply | undefined {
  const reply = jsonObject(text)
  const score = reply?.['score']
  const action = reply?.['action']
  if (reply === undefined || !isNumber(score) || typeof action !== 'string') return undefined
  const symbols = reply['symbols']
  const listed = isObject(symbols) ? Object.entries(symbols).slice(0, mostSymbols) : []
  return {
    score,
    action: plain(action, 40),
    isSkipped: reply['is_skipped'] === true,
    symbols: listed.flatMap(([name, value]) => symbolOf(name, value)),
  }
}

function symbolOf(name: string, value: unknown): readonly Finding[] {
  if (!isObject(value)) return []
  const { score, description, options } = value
  const words = typeof description === 'string' ? plain(description, 120) : name
  const details = Array.isArray(options)
    ? options.filter((one) => typeof one === 'string').slice(0, 5)
    : []
  const shown = details.length === 0 ? '' : ` (${details.map((one) => plain(one, 60)).join(', ')})`
  return [{ symbol: plain(name, 48), points: isNumber(score) ? score : 0, reason: words + shown }]
}

function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function plain(text: string, most: number): string {
  return text.slice(0, most).toWellFormed()
}
