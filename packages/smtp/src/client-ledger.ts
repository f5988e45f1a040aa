import { addressGroup, isLoopbackAddress, LeakyCounts, networkGroup } from '@posthouse/line-server'

/** How much a client may do in a minute; a burst of as much is free. Absent: as it likes. */
export interface ClientRates {
  readonly connectionsPerMinute?: number
  readonly messagesPerMinute?: number
  /** Messages of one envelope sender from one network: a sender's name is anybody's to use, its network is not. */
  readonly senderMessagesPerMinute?: number
}

/** A network may do so many times what one of its addresses may. */
const networkFactor = 4

/** Refused recipients are forgotten at this pace. */
const refusalsForgottenPerMinute = 2

/**
 * What clients did lately, over all sessions: connections and messages by address (IPv6: by /64) and network, and refused
 * recipients, so that who guesses addresses is not forgotten by hanging up. Loopback is not counted: it is this machine's own
 * services. Everything is bounded and in memory.
 */
export class ClientLedger {
  readonly #rates: ClientRates
  readonly #connections: LeakyCounts
  readonly #messages: LeakyCounts
  readonly #senders: LeakyCounts
  readonly #refusals: LeakyCounts

  /** @param now a clock that never goes back, in milliseconds */
  constructor(rates: ClientRates, now: () => number = () => performance.now()) {
    this.#rates = rates
    this.#connections = new LeakyCounts(rates.connectionsPerMinute ?? 0, now)
    this.#messages = new LeakyCounts(rates.messagesPerMinute ?? 0, now)
    this.#senders = new LeakyCounts(rates.senderMessagesPerMinute ?? 0, now)
    this.#refusals = new LeakyCounts(refusalsForgottenPerMinute, now)
  }

  /** A connection comes; false: it is one too many for its address or network. */
  connects(address: string): boolean {
    return this.#takes(this.#connections, address, this.#rates.connectionsPerMinute)
  }

  /** A message begins; whose rate is used up, if one is. */
  sends(address: string, sender: string): 'ok' | 'client' | 'sender' {
    if (!this.#takes(this.#messages, address, this.#rates.messagesPerMinute)) return 'client'
    const most = this.#rates.senderMessagesPerMinute
    // The null sender is everybody's.
    if (most === undefined || sender === '' || isLoopbackAddress(address)) return 'ok'
    const key = `${sender} ${networkGroup(address)}`
    return this.#senders.take(key, most) ? 'ok' : 'sender'
  }

  /** A recipient was refused; how many were, of late. */
  refuses(address: string): number {
    return isLoopbackAddress(address) ? 0 : this.#refusals.add(addressGroup(address))
  }

  /** Refused recipients of late. */
  refusalsOf(address: string): number {
    return isLoopbackAddress(address) ? 0 : this.#refusals.level(addressGroup(address))
  }

  #takes(counts: LeakyCounts, address: string, most: number | undefined): boolean {
    if (most === undefined || isLoopbackAddress(address)) return true
    return (
      counts.take(addressGroup(address), most) &&
      counts.take(networkGroup(address), most * networkFactor, networkFactor)
    )
  }
}
