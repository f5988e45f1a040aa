import { getRequestListener } from '@hono/node-server'
import { StoreUnavailable } from '@posthouse/store'
import { addressGroup } from '@posthouse/line-server'
import { Hono } from 'hono'
import { etag } from 'hono/etag'
import { secureHeaders } from 'hono/secure-headers'
import type { RequestListener } from 'node:http'
import type { House } from './house.ts'
import { limits } from './limits.ts'
import { requests } from './metrics.ts'
import { notFound, plain, type Route, type Visit, type WebEnv } from './route.ts'
import { siteOf } from './site.ts'

/** Nothing of a page comes from elsewhere, nothing runs that is written in it, and nobody frames it. */
const policy = {
  defaultSrc: ["'none'"],
  styleSrc: ["'self'"],
  scriptSrc: ["'self'"],
  imgSrc: ["'self'"],
  formAction: ["'self'"],
  baseUri: ["'none'"],
  frameAncestors: ["'none'"],
}

/** Answers requests with these routes. */
export function requestListener(house: House, routes: readonly Route[]): RequestListener {
  const app = new Hono<WebEnv>({ getPath: ({ url }) => pathOf(url) })
  app.use(async (visit, next) => {
    visit.set('house', house)
    visit.set('peer', house.peerOf(visit.env.incoming))
    return mayAsk(visit) ? next() : tooMany()
  })
  app.use(
    secureHeaders({
      contentSecurityPolicy: policy,
      crossOriginEmbedderPolicy: false,
      originAgentCluster: false,
      referrerPolicy: 'no-referrer',
      strictTransportSecurity: false,
      xFrameOptions: 'DENY',
    }),
    etag(),
  )
  for (const each of routes) app.on([...each.methods], each.path, (visit) => serve(each, visit))
  app.notFound(notFound)
  app.onError((error, visit) => failure(error, visit))
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false })
  return (request, response) => void listener(request, response)
}

async function serve(definition: Route, visit: Visit): Promise<Response> {
  const begun = performance.now()
  const { house, peer } = visit.var
  const response = await answer(definition, visit)
  requests.add({ status: classOf(response.status) })
  const fields = {
    route: definition.name,
    method: visit.req.method,
    status: response.status,
    address: peer.address,
    tls: peer.isTls,
    ms: Math.round(performance.now() - begun),
  }
  if (definition.isQuiet === true) house.log.debug('web.request', fields)
  else house.log.info('web.request', fields)
  return response
}

function classOf(status: number): '2xx' | '3xx' | '4xx' | '5xx' {
  if (status < 300) return '2xx'
  if (status < 400) return '3xx'
  return status < 500 ? '4xx' : '5xx'
}

async function answer(definition: Route, visit: Visit): Promise<Response> {
  if (definition.anyHost === true) return definition.handle(visit)
  const { config, hosted } = visit.var.house
  const site = await siteOf(visit.req.header('host') ?? '', config, hosted)
  if (site === undefined) return notFound()
  visit.set('site', site)
  return definition.handle(visit)
}

/** Loopback is this machine's own services (a proxy, a monitor): they may ask as often as they like. */
function mayAsk({ var: { house, peer } }: Visit): boolean {
  if (peer.isLoopback) return true
  return house.requests.take(addressGroup(peer.address), limits.requestsPerMinute)
}

function tooMany(): Response {
  return plain(429, 'Too many requests. Try again in a minute.', { 'retry-after': '60' })
}

function failure(error: Error, { env, var: { house } }: Visit): Response {
  const { log } = house
  // Who left in the middle of a request hears nothing, and is no news.
  if (!env.incoming.complete || error === env.incoming.errored)
    return plain(400, 'The request is not whole.')
  if (error instanceof StoreUnavailable) {
    log.warn('web.unavailable', { because: error.message })
    return plain(503, 'Try again in a minute.', { 'retry-after': '60' })
  }
  log.error('web.failed', { error })
  return plain(500, 'Something went wrong here.')
}

/** RFC 8555 §8.3: tokens are base64url. */
const caseSensitive = '/.well-known/acme-challenge/'

/** Outlook and its kin write paths in whatever letters. Not by URL: a Host that is no address of IPv4 makes it throw. */
function pathOf(url: string): string {
  const target = url.slice(url.indexOf('/', url.indexOf('://') + 3))
  const pathname = target.split(/[?#]/, 1)[0] ?? '/'
  const lower = pathname.toLowerCase()
  return lower.startsWith(caseSensitive)
    ? caseSensitive + pathname.slice(caseSensitive.length)
    : lower
}
