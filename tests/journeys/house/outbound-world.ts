import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createResolver, type Resolver } from '@posthouse/dns'
import { freePorts } from './free-ports.ts'
import { OutboundHouse, type OutboundHouseOptions } from './outbound-house.ts'
import { startSignedNames, type SignedNames, type SignedZone } from './outbound-names.ts'
import { waitFor } from './wait-for.ts'

/** Loopback addresses of one test, and the port on which all its remote hosts take mail. */
export interface Place {
  readonly port: number
  /** The n-th address, 1 to 254. */
  address(n: number): string
}

/** Picks 254 addresses that no other test uses. 53 and 54 are those of DNS. */
export async function makePlace(): Promise<Place> {
  const network = `127.${randomInt(16, 250)}.${randomInt(0, 256)}`
  const [port = 0] = await freePorts(1)
  return { port, address: (n) => `${network}.${n}` }
}

/** The world that our mail goes out to, and our side of it. */
export interface OutboundWorld {
  readonly names: SignedNames
  readonly resolver: Resolver
  readonly house: OutboundHouse
  /** Ends at the world's end, last come first. */
  keep(thing: { stop(): Promise<void> }): void
  stop(): Promise<void>
}

/** Starts DNS with these zones, and our side. */
export async function startWorld(
  place: Place,
  zones: readonly SignedZone[],
  options: Partial<OutboundHouseOptions> = {},
): Promise<OutboundWorld> {
  const kept: { stop(): Promise<void> }[] = []
  const stop = async (): Promise<void> => {
    for (const thing of kept.splice(0).toReversed()) await thing.stop()
  }
  try {
    const addresses = { resolver: place.address(53), authority: place.address(54) }
    const names = await startSignedNames(addresses, [...zones, ...probes])
    kept.push(names)
    const servers = [names.address]
    const resolver = createResolver({ servers })
    await isValidating(resolver)
    const house = await OutboundHouse.start({ resolver, servers, mxPort: place.port, ...options })
    kept.push(house)
    return { names, resolver, house, keep: (thing) => void kept.push(thing), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** What resolvers are tried with: see `DnssecProbe`. */
const probes: readonly SignedZone[] = [
  { name: 'dnssec-failed.org', trust: 'bogus', records: '@ A 127.0.0.1' },
]

async function isValidating(resolver: Resolver): Promise<void> {
  await waitFor('a resolver that validates', async () => {
    if (resolver.dnssec().state === 'validating') return true
    await sleep(100)
    return undefined
  })
}
