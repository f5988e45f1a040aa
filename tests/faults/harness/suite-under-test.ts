import { Zone } from '@posthouse/dns'
import { startDnsServer, type DnsServer } from '@posthouse/testkit'
import { ProcessSuite } from '../../journeys/house/process-suite.ts'
import { Dice } from './dice.ts'
import { Orders } from './orders.ts'
import { FaultySink } from './sink.ts'
import { SmallDisk } from './small-disk.ts'

/** A suite with the world around it that it delivers to. */
export interface SuiteUnderTest {
  readonly suite: ProcessSuite
  readonly sink: FaultySink
  readonly orders: Orders
  readonly disk: SmallDisk | undefined
  /** Everything has ended, and nothing of it is left. */
  stop(): Promise<void>
}

/** How to start it. */
export interface SuiteWishes {
  readonly seed: number
  readonly env: Readonly<Record<string, string>>
  /** The database gets a file system of its own. */
  readonly needsDisk: boolean
}

/** Starts remote hosts, a name server, and the suite as an operator runs it. */
export async function startSuiteUnderTest(wishes: SuiteWishes): Promise<SuiteUnderTest> {
  const sink = new FaultySink(new Dice(wishes.seed + 1))
  await sink.start()
  const dns = await startDnsServer(new Zone(FaultySink.zone))
  const orders = new Orders()
  let disk: SmallDisk | undefined
  let suite: ProcessSuite | undefined
  const stop = async (): Promise<void> => {
    await suite?.down()
    await disk?.unmount()
    await suite?.stop()
    await Promise.all([dns.close(), sink.stop(), orders.close()])
  }
  try {
    suite = await ProcessSuite.start({
      env: environment(sink, dns, orders, wishes.env),
      prepare: async (dataDir) => {
        if (wishes.needsDisk) disk = await SmallDisk.mount(dataDir)
      },
    })
    return { suite, sink, orders, disk, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function environment(
  sink: FaultySink,
  dns: DnsServer,
  orders: Orders,
  more: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return {
    POSTHOUSE_LOG_LEVEL: 'warn',
    POSTHOUSE_AUTH_PLAINTEXT: 'loopback',
    POSTHOUSE_CONNECTIONS_PER_ADDRESS: '500',
    POSTHOUSE_IMAP_WORKERS: '2',
    POSTHOUSE_MX_PORT: String(sink.port),
    POSTHOUSE_RESOLVERS: dns.address,
    POSTHOUSE_PRIVATE_TARGETS: '127.0.0.0/8,::1',
    ...more,
    ...orders.env(more['NODE_OPTIONS']),
  }
}
