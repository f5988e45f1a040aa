import type { ReplyPattern } from './reply-pattern.ts'

/** How our own delivery begins what it says, where no host has said anything. */
export const ownWords = {
  ended: 'Ended by whoever runs this mail server: ',
  suppressed: 'Nothing is sent to this address: ',
} as const

/** Refusals and waits of our own. */
export const ownPatterns: readonly ReplyPattern[] = [
  { cause: 'ended-here', texts: [ownWords.ended.toLowerCase()] },
  // RFC 3463 §3.4: the system is incorrectly configured, which is ours where no host was asked.
  { cause: 'trouble-here', codes: ['4.3.5'] },
  { cause: 'suppressed-here', texts: [ownWords.suppressed.toLowerCase()] },
]
