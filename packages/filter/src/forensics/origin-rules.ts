import { isIP } from 'node:net'
import { parseDateTime } from '@posthouse/message'
import { type Rule, where } from '../rule.ts'
import { asciiDomain, domainOf, isSameOwner, isWithin } from '../view/domains.ts'
import { isNearby } from '../view/nearness.ts'
import type { HeaderView } from './header-view.ts'

/** When and where a message came from: Date, Message-ID, Received, HELO. */
export const originRules: readonly Rule<HeaderView>[] = [
  {
    symbol: 'DATE_MISSING',
    points: 1.2,
    isOmission: true,
    // RFC 5322 §3.6: exactly one Date field.
    sees: ({ dates }) => where(dates.length === 0, 'There is no Date field'),
  },
  {
    symbol: 'DATE_UNREADABLE',
    points: 1.2,
    sees: ({ dates: [date] }) =>
      where(date !== undefined && parseDateTime(date) === undefined, 'Date is no date'),
  },
  {
    symbol: 'DATE_IN_FUTURE',
    points: 1.5,
    sees: (v) =>
      where(hoursLate(v) < -24, () => `Date lies ${words(-hoursLate(v))} after its arrival`),
  },
  {
    symbol: 'DATE_IN_PAST',
    points: 0.5,
    // Mail is retried for five days (RFC 5321 §4.5.4.1).
    sees: (v) =>
      where(hoursLate(v) > 24 * 6, () => `Date lies ${words(hoursLate(v))} before its arrival`),
  },
  {
    symbol: 'DATE_FAR_IN_PAST',
    points: 1,
    sees: (v) =>
      where(hoursLate(v) > 24 * 120, () => `Date lies ${words(hoursLate(v))} before its arrival`),
  },
  {
    symbol: 'MESSAGE_ID_MISSING',
    points: 1,
    isOmission: true,
    // RFC 5322 §3.6.4: it should be there; every mail program writes one.
    sees: ({ messageIds }) => where(messageIds.length === 0, 'There is no Message-ID'),
  },
  {
    symbol: 'MESSAGE_ID_MALFORMED',
    points: 1,
    sees: ({ messageIds: [id] }) =>
      where(id !== undefined && !MESSAGE_ID.test(id), 'Message-ID is not of the form <left@right>'),
  },
  {
    symbol: 'MESSAGE_ID_OURS',
    points: 2.5,
    sees: (v) => {
      const domain = domainOf((v.messageIds[0] ?? '').replace(/>.*$/s, ''))
      const isForged =
        v.isInbound &&
        !v.isList &&
        domain !== '' &&
        v.message.isOurs(domain) &&
        !v.message.isOurs(v.fromDomain)
      return where(isForged, `Message-ID claims to be made at ${domain}, which is here`)
    },
  },
  {
    symbol: 'RECEIVED_NONE',
    points: 0.3,
    isOmission: true,
    sees: (v) =>
      where(
        v.isInbound && v.message.field('received').length === 0,
        'No server passed it on: it comes straight from where it was made',
      ),
  },
  {
    symbol: 'RECEIVED_MANY',
    points: 0.8,
    sees: ({ message }) => {
      const count = message.field('received').length
      return where(count > 25, `${count} servers passed it on`)
    },
  },
  {
    symbol: 'RECEIVED_OUT_OF_ORDER',
    points: 0.5,
    // Each server writes above what it got (RFC 5321 §4.4); whoever makes trace fields up gets times wrong.
    sees: ({ message }) => {
      const times = message.field('received').slice(0, MAX_HOPS).map(timeOf)
      const known = times.filter((time) => time !== undefined)
      const isForged = known.some((time, i) => time < (known[i + 1] ?? time) - DAY_MS)
      return where(isForged, 'A server got it more than a day before the one that passed it on')
    },
  },
  {
    symbol: 'HELO_OURS',
    points: 3,
    sees: (v) => {
      const { helo, name = '' } = v.message.client
      const ours = isStranger(v) ? hostedAbove(v, asciiDomain(helo)) : undefined
      const isLie = ours !== undefined && !isWithin(name, ours)
      return where(isLie, `The client says it is ${helo}, which is here`)
    },
  },
  {
    symbol: 'HELO_BARE_ADDRESS',
    points: 1.2,
    // RFC 5321 §4.1.3: an address stands in brackets.
    sees: (v) =>
      where(
        isStranger(v) && isIP(v.message.client.helo) !== 0,
        'The client gives an address for its name',
      ),
  },
  {
    symbol: 'HELO_WRONG_ADDRESS',
    points: 1.2,
    sees: (v) => {
      const literal = /^\[(?:IPv6:)?([^\]]{2,64})\]$/i.exec(v.message.client.helo)?.[1]
      return where(
        isStranger(v) && literal !== undefined && !isSame(literal, v.message.client.address),
        `The client says it is at ${literal}`,
      )
    },
  },
  {
    symbol: 'HELO_UNQUALIFIED',
    points: 0.8,
    // RFC 5321 §4.1.1.1: a fully-qualified name, or an address literal.
    sees: (v) => {
      const { helo } = v.message.client
      return where(
        isStranger(v) && !/[.:[]/.test(helo),
        `The client calls itself "${helo}", which is no whole name`,
      )
    },
  },
  {
    symbol: 'HELO_IS_SENDER_WITHOUT_NAME',
    points: 0.6,
    sees: (v) => {
      const { helo, name } = v.message.client
      const isLie =
        asciiDomain(helo) !== '' &&
        asciiDomain(helo) === v.fromDomain &&
        name !== undefined &&
        !isSameOwner(asciiDomain(name), v.fromDomain)
      return where(
        isStranger(v) && isLie,
        `The client calls itself ${helo}, its address is called ${name}`,
      )
    },
  },
]

/** From outside, and not from this machine or the network around it, whose programs give any name; known, above all. */
function isStranger({ isInbound, message }: HeaderView): boolean {
  const { address } = message.client
  return isInbound && address !== '' && !isNearby(address)
}

/** The domain, or the one above it, that is hosted here. */
function hostedAbove({ message }: HeaderView, domain: string): string | undefined {
  for (let at = 0; at >= 0 && at < domain.length; at = domain.indexOf('.', at) + 1) {
    const above = domain.slice(at)
    if (message.isOurs(above)) return above
    if (!above.includes('.')) return undefined
  }
  return undefined
}

/** Hours from the Date field to the arrival; 0 where there is no readable one. */
function hoursLate({ dates: [date], message }: HeaderView): number {
  const sent = date === undefined ? undefined : parseDateTime(date)?.instant
  return sent === undefined ? 0 : (message.receivedAt.getTime() - sent.getTime()) / 3_600_000
}

/** When a Received field says that it was written. */
function timeOf(received: string): number | undefined {
  const date = received.slice(received.lastIndexOf(';') + 1).trim()
  return parseDateTime(date)?.instant.getTime()
}

function words(hours: number): string {
  return hours > 72 ? `${Math.round(hours / 24)} days` : `${Math.round(hours)} hours`
}

function isSame(a: string, b: string): boolean {
  return plainAddress(a) === plainAddress(b)
}

function plainAddress(address: string): string {
  return address.toLowerCase().replace(/^::ffff:/, '')
}

const MESSAGE_ID = /^\s{0,10}<[^<>@\s]{1,500}@[^<>\s]{1,500}>/
const MAX_HOPS = 50
const DAY_MS = 86_400_000
