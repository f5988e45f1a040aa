/** The capabilities of IMAP that can be switched off; the server's own list is held to this one by a test. */
export const imapExtensions = [
  'APPENDLIMIT',
  'BINARY',
  'CHILDREN',
  'COMPRESS=DEFLATE',
  'CONDSTORE',
  'CREATE-SPECIAL-USE',
  'ENABLE',
  'ESEARCH',
  'ESORT',
  'ID',
  'IDLE',
  'INPROGRESS',
  'LIST-EXTENDED',
  'LIST-STATUS',
  'LITERAL+',
  'MOVE',
  'MULTIAPPEND',
  'NAMESPACE',
  'OBJECTID',
  'PARTIAL',
  'PREVIEW',
  'QRESYNC',
  'QUOTA',
  'QUOTA=RES-MESSAGE',
  'QUOTA=RES-STORAGE',
  'REPLACE',
  'SASL-IR',
  'SAVEDATE',
  'SEARCHRES',
  'SORT',
  'SORT=DISPLAY',
  'SPECIAL-USE',
  'STATUS=SIZE',
  'THREAD=ORDEREDSUBJECT',
  'THREAD=REFERENCES',
  'UIDPLUS',
  'UNSELECT',
  'UTF8=ACCEPT',
  'WITHIN',
  'XLIST',
] as const

/** One of them. */
export type ImapExtension = (typeof imapExtensions)[number]

/** The extension of this name, in whatever letters. */
export function imapExtension(text: string): ImapExtension | undefined {
  return imapExtensions.find((name) => name === text.trim().toUpperCase())
}

/** What makes no sense without another one. */
const dependents: Readonly<Record<string, readonly string[]>> = {
  CONDSTORE: ['QRESYNC'],
  ENABLE: ['QRESYNC', 'UTF8=ACCEPT'],
  ESEARCH: ['ESORT', 'SEARCHRES'],
  'LIST-EXTENDED': ['LIST-STATUS'],
  QUOTA: ['QUOTA=RES-STORAGE', 'QUOTA=RES-MESSAGE'],
  SORT: ['SORT=DISPLAY', 'ESORT'],
  'SPECIAL-USE': ['CREATE-SPECIAL-USE'],
}

/** These, and those that stand on them. */
export function withDependents(names: readonly string[]): ReadonlySet<string> {
  const off = new Set(names)
  // A set that grows while it is gone through: what was added is visited too.
  for (const name of off) for (const other of dependents[name] ?? []) off.add(other)
  return off
}
