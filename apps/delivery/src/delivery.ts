import { type App, drainMs, resolverOf, type Running, type Services } from '@posthouse/app'
import { RenewalClock } from '@posthouse/certificates'
import { Inspector } from '@posthouse/reception'
import { ContentLoader } from './content-loader.ts'
import { DeadDestinations } from './dead-destinations.ts'
import { HereDelivery } from './here/here-delivery.ts'
import { JobEnds } from './job-ends.ts'
import { type DeliveryLimits, deliveryLimits } from './limits.ts'
import { ListingWatch } from './listings/listing-watch.ts'
import { acmeErrors } from './metrics.ts'
import { PaceBook } from './pace/pace-book.ts'
import { Recorder } from './recorder.ts'
import { ReportWriter } from './reports.ts'
import { RouteBook } from './routes/route-book.ts'
import { routeContext } from './routes/route-context.ts'
import { KeyRing } from './signing/key-ring.ts'
import { KeyWatch } from './signing/key-watch.ts'
import { MessageSigner } from './signing/message-signer.ts'
import { type SigningLimits, signingLimits } from './signing/signing-limits.ts'
import { TlsDesk } from './tls/tls-desk.ts'
import { type TlsLimits, tlsLimits } from './tls/tls-limits.ts'
import { workerName } from './worker-name.ts'
import { Worker } from './worker.ts'

/** All numbers that tests may move. */
type AllLimits = DeliveryLimits & SigningLimits & TlsLimits

/** The delivery app with other numbers than in production. For tests. */
export function deliveryApp(limits: Partial<AllLimits> = {}): App {
  const all = { ...deliveryLimits, ...signingLimits, ...tlsLimits, ...limits }
  return { name: 'delivery', start: (services) => Promise.resolve(start(services, all)) }
}

/** Carries mail out: the outbound queue's worker (docs/flow.md). */
export const app: App = deliveryApp()

function start(services: Services, limits: AllLimits): Running {
  const { config, log, store } = services
  const cut = new AbortController()
  const recorder = new Recorder(store.queue, new ReportWriter(store, config.hostname), log)
  const resolver = resolverOf(services)
  const ring = new KeyRing(store.dkimKeys, limits.keyMs)
  const watch = new KeyWatch({
    keys: store.dkimKeys,
    resolver,
    log,
    everyMs: limits.keyWatchMs,
  })
  const { acme, hostname } = config
  const clock =
    acme === undefined
      ? undefined
      : new RenewalClock({
          acme,
          hostname,
          publicHost: config.clients.publicHost,
          store,
          resolver,
          log,
          onFailure: () => acmeErrors.add({}),
        })
  const signer = new MessageSigner(ring, log)
  const name = workerName()
  const paces = new PaceBook({
    store: store.pace,
    worker: name,
    limits: limits.pace,
    log,
    retry: (destination) => store.queue.retry({ destination }),
  })
  const tls = new TlsDesk({ config, resolver, ledger: store.tls, log, limits })
  const route = routeContext(config, resolver, limits.addresses)
  const relays = new RouteBook(store.relays, log)
  const ends = new JobEnds(recorder, log)
  const inspector = new Inspector({ store, hostname: config.hostname, log, resolver })
  const here = new HereDelivery({
    store,
    inspector,
    hostname: config.hostname,
    log,
    ends,
    recorder,
  })
  const listings = new ListingWatch({
    hostname: config.hostname,
    bind: config.bind,
    resolver,
    log,
    everyMs: limits.listingsMs,
  })
  const worker = new Worker({
    config,
    limits,
    log,
    signal: cut.signal,
    name,
    queue: store.queue,
    recorder,
    ends,
    here,
    paces,
    relays,
    dead: new DeadDestinations(limits.deadMs),
    contents: new ContentLoader(store.queue, signer, limits),
    route,
    families: route.families,
    tls,
  })
  let drained: Promise<void> | undefined
  const drain = async (): Promise<void> => {
    const timer = setTimeout(() => cut.abort(), drainMs - SETTLE_MS)
    const stopped = clock?.end()
    const finished = worker.finish()
    recorder.stopWaiting()
    await finished
    await within(here.end(), SETTLE_MS / 2)
    await inspector.close()
    clearTimeout(timer)
    ring.close()
    listings.end()
    relays.close()
    await within(watch.end(), SETTLE_MS / 4)
    if (stopped !== undefined) await within(stopped, SETTLE_MS / 4)
    await within(recorder.end(), SETTLE_MS / 2)
    await within(paces.close(), SETTLE_MS / 4)
    await within(tls.end(), SETTLE_MS / 4)
    await within(worker.release(), SETTLE_MS / 2)
  }
  return {
    listeners: [],
    drain() {
      drained ??= drain()
      return drained
    },
  }
}

async function within(work: Promise<void>, ms: number): Promise<void> {
  const limit = Promise.withResolvers<void>()
  const timer = setTimeout(limit.resolve, ms)
  await Promise.race([work, limit.promise])
  clearTimeout(timer)
}

/** Kept back of a drain's time, for recording what the cut connections came to. */
const SETTLE_MS = 2_000
