import type { OpenPort } from '@posthouse/app'

/** What an app's process tells the process that runs it. */
export type ToParent =
  | { readonly kind: 'ready'; readonly listeners: readonly OpenPort[] }
  | { readonly kind: 'failed'; readonly message: string; readonly isFinal: boolean }

/** What that process tells the app: stop politely. */
export interface ToChild {
  readonly kind: 'drain'
}

/** Reads a message from an app's process; nothing for anything else. */
export function readToParent(message: unknown): ToParent | undefined {
  if (typeof message !== 'object' || message === null || !('kind' in message)) return undefined
  return message.kind === 'ready' || message.kind === 'failed' ? (message as ToParent) : undefined
}
