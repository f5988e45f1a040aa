import { setTimeout as sleep } from 'node:timers/promises'
import { Screen } from '../output/screen.ts'
import type { Terminal } from '../output/terminal.ts'
import type { Diagnosis, Patient } from './finding.ts'
import { lookAgain, newsOf } from './look-again.ts'

/** Records that somebody has just published: soon enough to see it, seldom enough for other people's servers. */
const everyMs = 10_000

/** How what is found is shown. */
export interface WatchWords {
  readonly terminal: Terminal
  /** The whole, for people. */
  readonly report: (findings: readonly Diagnosis[]) => readonly string[]
  /** One finding, in a line for people. */
  readonly line: (finding: Diagnosis) => string
  /** One finding, for programs. */
  readonly object: (finding: Diagnosis) => void
}

/**
 * Looks again and again at what is not well, until nothing fails any more or until Ctrl-C.
 * @returns everything as it was found last
 */
export async function watchPatient(
  patient: Patient,
  first: readonly Diagnosis[],
  words: WatchWords,
  over: AbortSignal,
): Promise<readonly Diagnosis[]> {
  const show = viewOn(words)
  let known = first
  show([], known)
  for (let round = 1; hasFailures(known); round += 1) {
    await sleep(everyMs, undefined, { signal: over }).catch(() => undefined)
    if (over.aborted) break
    const now = await lookAgain(patient, known, round)
    show(known, now)
    known = now
  }
  return known
}

/** What fails is waited for; a warning may be as it is for good. */
function hasFailures(findings: readonly Diagnosis[]): boolean {
  return findings.some(({ state }) => state === 'fail')
}

type Show = (before: readonly Diagnosis[], now: readonly Diagnosis[]) => void

function viewOn({ terminal, report, line, object }: WatchWords): Show {
  if (!terminal.isTalking)
    return (before, now) => {
      for (const finding of newsOf(before, now)) object(finding)
    }
  if (process.stdout.isTTY === true) {
    const screen = new Screen()
    return (_, now) => {
      const clock = new Date().toISOString().slice(11, 19)
      const head = `${clock} UTC   what is not well is looked at again every 10 seconds (Ctrl-C ends)`
      screen.draw([head, '', ...report(now)].join('\n'))
    }
  }
  return (before, now) => {
    if (before.length === 0) return terminal.data(report(now).join('\n'))
    for (const finding of newsOf(before, now)) terminal.data(line(finding))
  }
}
