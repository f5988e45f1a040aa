import { trimWsp } from './trim-wsp.ts'

/** An MTA-STS policy (RFC 8461 §3.2). */
export interface StsPolicy {
  readonly mode: 'enforce' | 'testing' | 'none'
  /** Patterns of MX hosts, lower case; empty only with `none`. */
  readonly mx: readonly string[]
  /** At most a year. */
  readonly maxAgeSeconds: number
  /** As it is written, for reports. */
  readonly lines: readonly string[]
}

/** A policy, or what is wrong with its text. */
export type ParsedPolicy =
  | { readonly ok: true; readonly policy: StsPolicy }
  | { readonly ok: false; readonly because: string }

/** RFC 8461 §3.2: 31,557,600 seconds. */
const yearSeconds = 31_557_600

/** Reads the text of a policy. Of fields that are there twice the first counts, of `mx` all; unknown ones are ignored. */
export function parseStsPolicy(octets: Buffer): ParsedPolicy {
  const text = decode(octets)
  if (text === undefined) return wrong('it is not UTF-8')
  const lines = text.split(/\r?\n/)
  if (lines.length > 1 && lines.at(-1) === '') lines.pop()
  const fields: (readonly [name: string, value: string])[] = []
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon))
    const value = trimWsp(line.slice(colon + 1))
    if (!isName.test(name) || !isValue.test(value)) {
      return wrong(`"${line.slice(0, 80)}" is no field`)
    }
    fields.push([name, value])
  }
  return policyOf(fields, lines)
}

function policyOf(
  fields: readonly (readonly [name: string, value: string])[],
  lines: readonly string[],
): ParsedPolicy {
  const find = (name: string) => fields.find(([each]) => each === name)?.[1]
  if (find('version') !== 'STSv1') return wrong('its version is not STSv1')
  const mode = modes.find((each) => each === find('mode'))
  if (mode === undefined) return wrong('its mode is none of enforce, testing and none')
  const maxAge = find('max_age') ?? ''
  if (!/^\d{1,10}$/.test(maxAge)) return wrong('its max_age is no number of seconds')
  const mx = fields.filter(([name]) => name === 'mx').map(([, value]) => value.toLowerCase())
  const bad = mx.find((pattern) => !isPattern.test(pattern))
  if (bad !== undefined) return wrong(`"${bad.slice(0, 80)}" is no host or pattern of hosts`)
  if (mx.length === 0 && mode !== 'none') return wrong('it names no mx')
  const maxAgeSeconds = Math.min(Number(maxAge), yearSeconds)
  return { ok: true, policy: { mode, mx, maxAgeSeconds, lines } }
}

const modes = ['enforce', 'testing', 'none'] as const

/** RFC 8461 §4.1: the same host, or `*` for its first label and that alone. */
export function isListed({ mx }: Pick<StsPolicy, 'mx'>, host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '')
  const dot = name.indexOf('.')
  const wild = dot > 0 ? `*${name.slice(dot)}` : undefined
  return mx.some((pattern) => pattern === name || pattern === wild)
}

function wrong(because: string): ParsedPolicy {
  return { ok: false, because }
}

function decode(octets: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets)
  } catch {
    return undefined
  }
}

/** sts-policy-ext-name; the known names are such, too. */
const isName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$/
/** sts-policy-ext-value: no control characters. */
const isValue = /^[^\x00-\x1f\x7f]+$/
/** ["*."] Domain (RFC 5321 §4.1.2). */
const isPattern =
  /^(\*\.)?[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/
