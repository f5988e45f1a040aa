import { isAscii } from 'node:buffer'
import { endingOf, hasDoubleEnding, hidesItsEnding, kindOfName, type NamedKind } from './endings.ts'
import type { Sign } from './policy.ts'
import { sign, type SignName } from './signs.ts'

/** A kind of file that is not taken, or not without a word. */
export type DangerousKind = Exclude<NamedKind, 'markup' | undefined>

/** What the names of a file say. Every name counts, as every reader takes another. */
export function nameSigns(names: readonly string[], head: Buffer, depth: number): readonly Sign[] {
  const kinds = names.map((name) => (isNoCommand(name, head) ? undefined : kindOfName(name)))
  const signs: Sign[] = []
  for (const [i, kind] of kinds.entries()) {
    if (isDangerous(kind)) signs.push(kindSign(kind, names[i] ?? '', depth))
  }
  if (signs.length > 0 && signs.length < kinds.length)
    signs.push(sign('ATTACHMENT_TWO_NAMES', names.join(' / ')))
  const double = names.find(hasDoubleEnding)
  if (double !== undefined) signs.push(sign('ATTACHMENT_DOUBLE_ENDING', double))
  const hidden = names.find(hidesItsEnding)
  if (hidden !== undefined) signs.push(sign('ATTACHMENT_HIDDEN_ENDING', hidden))
  return signs
}

/** The sign of a file of that kind, attached as it is or packed. */
export function kindSign(kind: DangerousKind, name: string, depth: number): Sign {
  const [plain, packed] = SYMBOLS[kind]
  return sign(depth > 0 ? packed : plain, name)
}

function isDangerous(kind: NamedKind): kind is DangerousKind {
  return kind !== undefined && kind !== 'markup'
}

/** `example.com` is the name of many a text; a program of that ending is not text. */
function isNoCommand(name: string, head: Buffer): boolean {
  return endingOf(name) === 'com' && head.length > 0 && isAscii(head)
}

const SYMBOLS: Readonly<Record<DangerousKind, readonly [SignName, SignName]>> = {
  executable: ['ATTACHMENT_EXECUTABLE', 'ARCHIVE_EXECUTABLE'],
  script: ['ATTACHMENT_SCRIPT', 'ARCHIVE_SCRIPT'],
  shortcut: ['ATTACHMENT_SHORTCUT', 'ARCHIVE_SHORTCUT'],
  'disk-image': ['ATTACHMENT_DISK_IMAGE', 'ARCHIVE_DISK_IMAGE'],
  macros: ['ATTACHMENT_MACROS', 'ATTACHMENT_MACROS'],
}
