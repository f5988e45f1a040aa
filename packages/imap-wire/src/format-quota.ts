import { formatAstring, formatMailbox } from './format-strings.ts'

/** A resource, what is used of it and its limit (RFC 9208 §5): STORAGE in units of 1,024 octets, MESSAGE in messages. */
export interface QuotaResource {
  readonly name: 'STORAGE' | 'MESSAGE'
  readonly used: number
  readonly limit: number
}

/** `* QUOTA root (STORAGE 10 512 …)` (RFC 9208 §4.2.1): at least one resource. */
export function formatQuota(
  root: string,
  resources: readonly QuotaResource[],
  utf8 = false,
): Buffer {
  const list = resources.map(({ name, used, limit }) => `${name} ${used} ${limit}`).join(' ')
  return Buffer.concat([
    Buffer.from('* QUOTA '),
    formatAstring(root, utf8),
    Buffer.from(` (${list})\r\n`),
  ])
}

/** `* QUOTAROOT mailbox root …` (RFC 9208 §4.2.2), perhaps without a root. */
export function formatQuotaRoot(mailbox: string, roots: readonly string[], utf8 = false): Buffer {
  return Buffer.concat([
    Buffer.from('* QUOTAROOT '),
    formatMailbox(mailbox, utf8),
    ...roots.flatMap((root) => [Buffer.from(' '), formatAstring(root, utf8)]),
    Buffer.from('\r\n'),
  ])
}
