import { headerFields } from '@posthouse/message'

/**
 * Whether the header says that the message was delivered to this address before (RFC 9228 §2). Tags aside: a host that sends back
 * what it gets, to another tag each time, would turn it round until its Received fields are too many.
 */
export function wasDeliveredTo(octets: Buffer, headerSize: number, address: string): boolean {
  const wanted = untagged(address)
  return headerFields(octets, { start: 0, end: headerSize }).some(
    ({ name, value }) =>
      name.toLowerCase() === 'delivered-to' && untagged(value.toString('utf8')) === wanted,
  )
}

/** A stranger writes these: nothing here takes longer than the text is long. */
function untagged(text: string): string {
  const address = text.trim().toLowerCase()
  const plus = address.indexOf('+', 1)
  const at = address.lastIndexOf('@')
  return plus === -1 || plus > at ? address : address.slice(0, plus) + address.slice(at)
}
