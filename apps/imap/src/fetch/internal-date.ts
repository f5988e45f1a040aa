import { formatDateTime } from '@posthouse/imap-wire'
import type { Octets } from '../session/octets.ts'

const daySeconds = 86_400
let dayOf = -1
let day = Buffer.alloc(0)
const zone = Buffer.from(' +0000"')

/**
 * INTERNALDATE's value (RFC 3501 §2.3.3) of seconds since 1970. Messages of a mailbox stand in the order of their arrival:
 * neighbours share their day.
 */
export function writeInternalDate(out: Octets, received: number): void {
  const wanted = Math.floor(received / daySeconds)
  if (wanted !== dayOf) {
    day = Buffer.from(formatDateTime(new Date(received * 1000)).slice(0, '"17-Jul-2026 '.length))
    dayOf = wanted
  }
  const second = received - wanted * daySeconds
  out.octets(day)
  twoDigits(out, Math.floor(second / 3600)).ascii(':')
  twoDigits(out, Math.floor(second / 60) % 60).ascii(':')
  twoDigits(out, Math.floor(second) % 60).octets(zone)
}

function twoDigits(out: Octets, value: number): Octets {
  return value < 10 ? out.ascii('0').uint(value) : out.uint(value)
}
