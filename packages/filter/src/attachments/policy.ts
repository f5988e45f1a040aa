import type { Finding, Ruling } from '../stage.ts'

/** Kinds of attachments, and of tricks with them, that an operator can decide about. */
export type AttachmentClass =
  | 'executable'
  | 'script'
  | 'shortcut'
  | 'disk-image'
  | 'macros'
  | 'archived-executable'
  | 'archived-script'
  | 'encrypted-archive'
  | 'uninspected-archive'
  | 'active-content'
  | 'disguise'
  | 'limit'

/** What becomes of one: `tag` gives its points only, `pass` not even those. */
export type AttachmentAction = 'reject' | 'quarantine' | 'tag' | 'pass'

/** The policy, class by class. */
export type AttachmentPolicy = Readonly<Record<AttachmentClass, AttachmentAction>>

/**
 * What honest people do not send by mail is refused, so that they hear of it at once; what they rarely send is kept aside, where
 * it can be released; what they often send counts points.
 */
export const DEFAULT_ATTACHMENT_POLICY: AttachmentPolicy = {
  executable: 'reject',
  script: 'reject',
  shortcut: 'reject',
  'disk-image': 'quarantine',
  macros: 'quarantine',
  'archived-executable': 'quarantine',
  // Source code travels in archives.
  'archived-script': 'tag',
  // Its names have been looked at: an executable in it counts as one.
  'encrypted-archive': 'tag',
  'uninspected-archive': 'tag',
  'active-content': 'quarantine',
  disguise: 'quarantine',
  limit: 'quarantine',
}

/** One thing that was noticed about an attachment. */
export interface Sign extends Finding {
  readonly class: AttachmentClass
}

/** Signs by the policy: one finding per symbol, and the gravest ruling. */
export function byPolicy(
  signs: readonly Sign[],
  policy: AttachmentPolicy,
): { readonly findings: readonly Finding[]; readonly ruling?: Ruling } {
  const counted = new Map<string, Sign>()
  for (const sign of signs) {
    if (policy[sign.class] !== 'pass' && !counted.has(sign.symbol)) counted.set(sign.symbol, sign)
  }
  const kept = [...counted.values()]
  const findings = kept.map(({ symbol, points, reason }) => ({ symbol, points, reason }))
  const refused = kept.find((sign) => policy[sign.class] === 'reject')
  if (refused !== undefined) {
    return {
      findings,
      ruling: { kind: 'policy', symbol: refused.symbol, text: REFUSALS[refused.class] },
    }
  }
  const held = kept.find((sign) => policy[sign.class] === 'quarantine')
  if (held === undefined) return { findings }
  return {
    findings,
    ruling: { kind: 'quarantine', symbol: held.symbol, text: REFUSALS[held.class] },
  }
}

const REFUSALS: Readonly<Record<AttachmentClass, string>> = {
  executable: 'Programs are not taken by mail here. Please pass the file on another way.',
  script: 'Scripts are not taken by mail here. Please pack the file, or pass it on another way.',
  shortcut: 'Shortcuts are not taken by mail here. Please write the address in the message.',
  'disk-image': 'Disk images are not taken by mail here. Please pass the file on another way.',
  macros: 'Documents with macros are not taken by mail here. Please save it without them.',
  'archived-executable':
    'Archives with programs are not taken by mail here. Please pass the file on another way.',
  'archived-script':
    'Archives with scripts are not taken by mail here. Please pass the file on another way.',
  'encrypted-archive':
    'Encrypted archives are not taken by mail here. Please pass the file on another way.',
  'uninspected-archive':
    'Archives of this kind are not taken by mail here. Please send a plain zip file.',
  'active-content':
    'Attachments that contain scripts are not taken by mail here. Please send it as PDF.',
  disguise: 'An attachment is not what its name says. Please send it under its own name.',
  limit:
    'An archive is too deep or too large to be looked at. Please pass the file on another way.',
}
