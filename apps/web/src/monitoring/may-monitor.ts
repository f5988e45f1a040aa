import { createHash, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isLoopbackAddress } from '@posthouse/line-server'
import type { Visit } from '../route.ts'

/** What a proxy adds that passes a stranger's request on. */
const passedOn = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip']

/**
 * Whether a visitor may see how the suite does in all its parts: somebody on this machine, or with the token of `metrics.token_file`.
 * A proxy on this machine speaks for strangers: it names itself, or hands on a Host that is no loopback name.
 */
export async function mayMonitor(visit: Visit): Promise<boolean> {
  const { house, peer } = visit.var
  const given = /^Bearer +([\x21-\x7e]+)$/i.exec(visit.req.header('authorization') ?? '')?.[1]
  if (given !== undefined) {
    const { tokenFile } = house.config.metrics
    const isRight = tokenFile !== undefined && (await isToken(given, tokenFile))
    if (!isRight) house.log.warn('web.monitor.refused', { address: peer.address })
    return isRight
  }
  // QUIRK: nginx, unless it is told otherwise, hands on none of these and our own address as Host; but it speaks HTTP/1.0.
  const isPassedOn =
    visit.env.incoming.httpVersion === '1.0' ||
    passedOn.some((name) => visit.req.header(name) !== undefined)
  return peer.isLoopback && !isPassedOn && isLoopbackName(visit.req.header('host') ?? '')
}

function isLoopbackName(host: string): boolean {
  const bare = host.replace(/:\d{1,5}$/, '').replace(/^\[(.+)\]$/, '$1')
  return bare.toLowerCase() === 'localhost' || isLoopbackAddress(bare)
}

/** Read anew each time: a token is changed by changing the file. One that cannot be read lets nobody in. */
async function isToken(given: string, file: string): Promise<boolean> {
  const kept = (await readFile(file, 'utf8').catch(() => '')).trim()
  return kept.length >= shortestToken && timingSafeEqual(hash(given), hash(kept))
}

/** Shorter ones are guessed. */
const shortestToken = 16

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
