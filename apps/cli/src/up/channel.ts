import type { OpenPort, Want } from '@posthouse/app'

/** What an app's process tells the process that runs it. */
export type ToParent =
  | { readonly kind: 'ready'; readonly listeners: readonly OpenPort[] }
  | { readonly kind: 'failed'; readonly message: string; readonly isFinal: boolean }
  | AskForPlaces
  | GivePlaces

/** A worker wants places of the whole crew's: it is answered. */
export interface AskForPlaces {
  readonly kind: 'take'
  readonly ticket: number
  readonly wants: readonly Want[]
}

/** A worker gives places back. */
export interface GivePlaces {
  readonly kind: 'give'
  readonly keys: readonly string[]
}

/** The answer to `take`. */
export interface PlacesAnswer {
  readonly kind: 'places'
  readonly ticket: number
  readonly areTaken: boolean
}

/** What that process tells the app: stop politely; or what a worker asked. */
export type ToChild = { readonly kind: 'drain' } | PlacesAnswer

/** Reads a message from an app's process; nothing for anything else. */
export function readToParent(message: unknown): ToParent | undefined {
  if (typeof message !== 'object' || message === null || !('kind' in message)) return undefined
  return ['ready', 'failed', 'take', 'give'].includes(String(message.kind))
    ? (message as ToParent)
    : undefined
}

/** Reads a message to an app's process; nothing for anything else. */
export function readToChild(message: unknown): ToChild | undefined {
  if (typeof message !== 'object' || message === null || !('kind' in message)) return undefined
  return message.kind === 'drain' || message.kind === 'places' ? (message as ToChild) : undefined
}
