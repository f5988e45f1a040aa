import { createHash } from 'node:crypto'
import type { StsServing } from '@posthouse/store'

/**
 * The policy of one of our domains (RFC 8461 §3.2), naming these hosts. With `none` nothing is asked of anybody, so that no
 * host is named.
 */
export function stsPolicyText({ mode, maxAgeSeconds }: StsServing, mx: readonly string[]): string {
  const hosts = mode === 'none' ? [] : mx.map((host) => `mx: ${host}`)
  const lines = ['version: STSv1', `mode: ${mode}`, ...hosts, `max_age: ${maxAgeSeconds}`]
  return lines.map((line) => `${line}\r\n`).join('')
}

/**
 * The text of the record at `_mta-sts.DOMAIN` (RFC 8461 §3.1). Its id follows from the policy: it changes when the policy
 * does, and nobody must remember to.
 */
export function stsRecord(policy: string): string {
  const id = createHash('sha256').update(policy).digest('hex').slice(0, 32)
  return `v=STSv1; id=${id};`
}
