import { plainText } from './plain-text.ts'
import type { MessageVerdict, VerdictAuthentication } from './verdicts.ts'

/** Octets of one verdict. Most have two to five thousand; a hundred DNS answers of a hostile domain's have more. */
const mostBytes = 32 * 1024

/** Entries of a list that are looked at, before anything is written. */
const most = { findings: 200, stages: 50, evidence: 150 } as const
/** What stays of a verdict that is too large however it is cut. */
const few = { findings: 50, stages: 30, characters: 200 } as const

/**
 * A verdict's JSON as Postgres can keep it, whatever strangers wrote: no NUL, no half characters, bounded. Where it is too large
 * goes first the evidence, then what is known of the sender, then all but the heaviest findings.
 */
export function verdictText(verdict: MessageVerdict): string {
  const { direction: _, action: __, points: ___, authentication, ...filter } = verdict
  const { findings, stages } = verdict
  const lists = {
    findings: findings.slice(0, most.findings),
    stages: stages.slice(0, most.stages),
  }
  const isLong = findings.length > most.findings || stages.length > most.stages
  const whole = { ...filter, ...lists, ...(isLong && { isCut: true }) }
  const isWide = (authentication?.evidence.length ?? 0) > most.evidence
  const candidates = [
    ...(isWide ? [] : [{ ...whole, ...(authentication && { authentication }) }]),
    { ...whole, ...withoutEvidence(authentication), isCut: true },
    { ...whole, isCut: true },
  ]
  for (const candidate of candidates) {
    const text = cleanJson(candidate)
    if (Buffer.byteLength(text) <= mostBytes) return text
  }
  const rest = {
    findings: findings.slice(0, few.findings),
    stages: stages.slice(0, few.stages),
  }
  return cleanJson({ ...filter, ...rest, isCut: true }, few.characters)
}

function withoutEvidence(authentication: VerdictAuthentication | undefined) {
  return authentication && { authentication: { ...authentication, evidence: [] } }
}

function cleanJson(value: object, characters?: number): string {
  const text = JSON.stringify(value)
  // Escapes tell of everything that needs a look: controls and half characters.
  if (characters === undefined && text.length <= plainLength && !text.includes('\\')) return text
  return JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'string' ? plainText(one)?.slice(0, characters).toWellFormed() : one,
  )
}

/** Below this no text in it is too long. */
const plainLength = 2_000
