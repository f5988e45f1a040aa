import type { Stage } from './stage.ts'

/** In two pieces, so that this file is no test message itself. */
const GTUBE = ['XJS*C4JDBQADN1.NSBN3*2IDNEN*', 'GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X'].join('')

/**
 * The string by which everybody tests whether a filter is at work: a thousand points, more than any threshold, for whoever
 * writes it in a text. It counts on the way out as well: there is no other way to test that.
 */
export function gtubeStage(): Stage {
  return {
    name: 'gtube',
    directions: ['inbound', 'outbound'],
    deadlineMs: 5_000,
    onFailure: 'tag',
    examine({ text }) {
      const isThere = text.plain.includes(GTUBE) || text.html.includes(GTUBE)
      const found = {
        symbol: 'GTUBE',
        points: 1_000,
        reason: 'It holds the string that tests filters',
      }
      return Promise.resolve({ findings: isThere ? [found] : [] })
    },
  }
}
