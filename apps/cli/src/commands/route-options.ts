import { domainToASCII } from 'node:url'
import { CliError } from '../cli-error.ts'

/** A number as an option gives it. */
export function wholeNumber(option: string, text: string, most: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (value <= most) return value
  throw new CliError('usage', 'usage.number', `${option} ${text} is no number`, `0 to ${most}`)
}

/** An address's domain as A-label, or its address literal. */
export function domainOf(address: string): string {
  const at = address.lastIndexOf('@')
  const domain = address.slice(at + 1)
  const ascii = domain.startsWith('[') ? domain : domainToASCII(domain.replace(/\.$/, ''))
  if (at > 0 && ascii !== '' && !/[\s<>\0-\x1f]/.test(address)) return ascii
  throw new CliError('usage', 'usage.address', `"${address}" is no address`, 'bob@example.org')
}
