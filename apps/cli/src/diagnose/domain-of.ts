import { domainToASCII } from 'node:url'

/** An address's domain as A-label; the empty text where there is none. */
export function domainOf(address: string): string {
  return domainToASCII(address.slice(address.lastIndexOf('@') + 1)).toLowerCase()
}
