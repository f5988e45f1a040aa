import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import type { House } from './house.ts'
import type { Peer } from './peer.ts'
import type { Site } from './site.ts'

/** What the router knows of a request before a route sees it. */
export interface WebEnv {
  Bindings: HttpBindings
  Variables: {
    readonly house: House
    readonly peer: Peer
    /** Whose pages are wanted; absent for routes of `anyHost`. */
    readonly site: Site
  }
}

/** A request at a route. */
export type Visit = Context<WebEnv>

/** One document that the server has. */
export interface Route {
  /** Dotted and stable, for the log: the path of some holds a secret. */
  readonly name: string
  /** As the router reads it. Compared in lower case, except where `isCaseSensitive` says so by its path's beginning. */
  readonly path: string
  readonly methods: readonly ('GET' | 'POST')[]
  /** Served whatever the Host, for those who know us by no name of ours. */
  readonly anyHost?: boolean
  /** Asked again and again by machines: told in the log for who looks closely. */
  readonly isQuiet?: boolean
  handle(visit: Visit): Response | Promise<Response>
}

/** Defines a route. */
export function route(definition: Route): Route {
  return definition
}

/** There is no such document: never a page, for programs read what they find at guessed places. */
export function notFound(): Response {
  return plain(404, 'Not found.')
}

/** A body is larger than anything that we want. The connection ends with this: the rest of it is not heard. */
export function tooLarge(): Response {
  return plain(413, 'Too large.', { connection: 'close' })
}

/** A line of text for whoever looks. */
export function plain(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(`${text}\n`, {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
  })
}

/** A document that may be kept for a while. */
export function cached(body: string, type: string, seconds: number): Response {
  return new Response(body, {
    headers: { 'content-type': type, 'cache-control': `max-age=${seconds}` },
  })
}
