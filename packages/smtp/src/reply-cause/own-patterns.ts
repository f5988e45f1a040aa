import type { ReplyPattern } from './reply-pattern.ts'

/** How our own delivery begins what it says, where no host has said anything. */
export const ownWords = {
  ended: 'Ended by whoever runs this mail server: ',
  suppressed: 'Nothing is sent to this address: ',
} as const

/** Refusals of our own. */
export const ownPatterns: readonly ReplyPattern[] = [
  { cause: 'ended-here', texts: [ownWords.ended.toLowerCase()] },
  { cause: 'suppressed-here', texts: [ownWords.suppressed.toLowerCase()] },
]
