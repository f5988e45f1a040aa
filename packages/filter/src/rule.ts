import type { Finding } from './stage.ts'

/** One sign that is looked for in a view of a message. Rules stand in tables, one row per symbol. */
export interface Rule<View> {
  readonly symbol: string
  readonly points: number
  /** Something that every mail program writes is left out; programs on this machine need not write it. */
  readonly isOmission?: true
  /** What was seen, in words; undefined where the sign is not there. */
  readonly sees: (view: View) => string | undefined
}

/** The findings of the rules that see something, in their order. */
export function findingsOf<View>(rules: readonly Rule<View>[], view: View): readonly Finding[] {
  const findings: Finding[] = []
  for (const { symbol, points, sees } of rules) {
    const reason = sees(view)
    if (reason !== undefined) findings.push({ symbol, points, reason })
  }
  return findings
}

/** The reason where the claim holds: for rules of one line. */
export function where(holds: boolean, reason: string | (() => string)): string | undefined {
  if (!holds) return undefined
  return typeof reason === 'string' ? reason : reason()
}
