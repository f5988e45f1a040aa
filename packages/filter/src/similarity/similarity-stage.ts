import { vouchedDomains } from '../runner/placement.ts'
import type { FilterMessage } from '../filter-message.ts'
import type { Finding, Stage } from '../stage.ts'
import { SimilarNotes } from './similar-notes.ts'
import type { SimilarStore } from './similar-store.ts'
import { sketchesOf } from './sketches.ts'

/** Hours that are looked back over. */
const hours = 24
/** Messages alike from which on a wave is one. */
const leastWave = 15
/** Messages alike that were spam without doubt. */
const leastSpam = 2
/** What likeness to spam counts at most. */
const mostPoints = 5
/**
 * The same where somebody signed: anybody can copy what another wrote, make spam of the copies, and have the true letter look
 * like them. It must not be enough for a mark.
 */
const mostPointsSigned = 2

/** The stage, and what tells it which messages were spam without doubt. */
export interface SimilarityStage extends Stage {
  noteSpam(message: FilterMessage): void
}

/**
 * The rate of similar messages, as a stage. That many are alike is no crime of a newsletter that is signed; it counts where nobody
 * vouches for them, and where others like it were spam without doubt. What accounts call spam is left out: one account's letters
 * could else be made spam for all.
 */
export function similarityStage(store: SimilarStore): SimilarityStage {
  const notes = new SimilarNotes(store)
  return {
    name: 'similarity',
    directions: ['inbound', 'outbound'],
    deadlineMs: 15_000,
    onFailure: 'pass',
    async examine(message) {
      const sketches = sketchesOf(message.text)
      if (sketches.length === 0) return { findings: [] }
      const known = await store.since(sketches, notes.hour - hours)
      const counts = sketches.map((sketch) => {
        const [old, fresh] = [known.get(sketch), notes.waiting(sketch)]
        return { seen: (old?.seen ?? 0) + fresh.seen, spam: (old?.spam ?? 0) + fresh.spam }
      })
      notes.add(sketches.map((sketch) => ({ sketch, seen: 1, spam: 0 })))
      const isVouched = await hasSigner(message)
      return {
        findings: findingsOf(
          sharedByMost(counts.map(({ seen }) => seen)),
          sharedByMost(counts.map(({ spam }) => spam)),
          isVouched,
        ),
      }
    },
    noteSpam(message) {
      notes.add(sketchesOf(message.text).map((sketch) => ({ sketch, seen: 0, spam: 1 })))
    },
    close: () => notes.flush(),
  }
}

async function hasSigner(message: FilterMessage): Promise<boolean> {
  if (message.direction === 'outbound') return false
  return vouchedDomains(await message.authentication).length > 0
}

/** Three of four sketches say so: one in common may be a phrase that all use. */
function sharedByMost(counts: readonly number[]): number {
  return counts.toSorted((a, b) => b - a)[2] ?? 0
}

function findingsOf(seen: number, spam: number, isVouched: boolean): readonly Finding[] {
  const findings: Finding[] = []
  if (spam >= leastSpam) {
    const points = Math.min(isVouched ? mostPointsSigned : mostPoints, 2 + spam / 2)
    findings.push({
      symbol: 'SIMILAR_TO_SPAM',
      points,
      reason: `${spam} messages like it were spam`,
    })
  }
  if (seen >= leastWave && !isVouched) {
    const points = Math.round(10 * Math.min(2.5, Math.log10(seen))) / 10
    findings.push({
      symbol: 'MANY_ALIKE',
      points,
      reason: `${seen} messages like it came within a day, and nobody vouches for this one`,
    })
  }
  return findings
}
