import { headerFields } from '@posthouse/message'

/** Whether the header says that the message was delivered to one of these addresses before (RFC 9228 §2). */
export function wasDeliveredTo(
  octets: Buffer,
  headerSize: number,
  addresses: readonly string[],
): boolean {
  if (addresses.length === 0) return false
  const wanted = new Set(addresses.map((address) => address.toLowerCase()))
  return headerFields(octets, { start: 0, end: headerSize }).some(
    ({ name, value }) =>
      name.toLowerCase() === 'delivered-to' &&
      wanted.has(value.toString('utf8').trim().toLowerCase()),
  )
}
