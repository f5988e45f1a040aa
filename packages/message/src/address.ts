/** A mailbox of an address field, readable: name and address are Unicode. */
export interface Mailbox {
  /** Display name, decoded; undefined where there is none. */
  readonly name: string | undefined
  /** `local@domain`, quoting of the local part removed; domain as written. */
  readonly address: string
  readonly local: string
  readonly domain: string
}
