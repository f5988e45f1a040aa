import type { MailboxInfo, SpecialUse } from '@posthouse/store'

/** A folder on the other server. */
export interface SourceFolder {
  /** As the server spells it in Unicode. */
  readonly path: string
  /** Between levels; empty where there are none. */
  readonly delimiter: string
  /** As it says, or as its name lets one guess. */
  readonly specialUse: string | undefined
  readonly isSubscribed: boolean
  /** It can hold messages. */
  readonly isSelectable: boolean
}

/** Where a folder's messages go, or why they are left. */
export type FolderPlan =
  | { readonly folder: SourceFolder; readonly target: string; readonly use?: SpecialUse }
  | { readonly folder: SourceFolder; readonly because: string }

/** Special uses that show what stands in other folders as well (RFC 6154 §2). */
const views: ReadonlySet<string> = new Set(['\\All', '\\Flagged', '\\Important'])
const kept: readonly SpecialUse[] = ['\\Archive', '\\Drafts', '\\Junk', '\\Sent', '\\Trash']

/**
 * Folders by special use where both sides have one for it, otherwise by name; `map` (from their path to our name) has the
 * last word. A namespace that puts everything below INBOX is taken away.
 */
export function planFolders(
  folders: readonly SourceFolder[],
  ours: readonly MailboxInfo[],
  map: ReadonlyMap<string, string> = new Map(),
): readonly FolderPlan[] {
  const isBelowInbox = folders.every(
    ({ path, delimiter }) => /^inbox$/i.test(path) || isBelow(path, 'INBOX', delimiter),
  )
  return folders.map((folder): FolderPlan => {
    const named = map.get(folder.path)
    if (named !== undefined) return { folder, target: named }
    if (!folder.isSelectable) return { folder, because: 'it holds folders only' }
    const { specialUse } = folder
    if (specialUse !== undefined && views.has(specialUse)) {
      return { folder, because: `it shows messages of other folders (${specialUse})` }
    }
    if (/^inbox$/i.test(folder.path)) return { folder, target: 'INBOX' }
    const use = kept.find((one) => one === specialUse)
    const own = ours.find((mailbox) => use !== undefined && mailbox.specialUse === use)
    if (own !== undefined) return { folder, target: own.name }
    const target = nameOf(folder, isBelowInbox)
    return use === undefined ? { folder, target } : { folder, target, use }
  })
}

function isBelow(path: string, parent: string, delimiter: string): boolean {
  if (delimiter === '') return false
  return path.toUpperCase().startsWith(parent + delimiter)
}

/** Their path in our spelling: `/` between levels, nothing that no name of ours may hold (a wildcard, a control). */
function nameOf({ path, delimiter }: SourceFolder, isBelowInbox: boolean): string {
  const levels = delimiter === '' ? [path] : path.split(delimiter)
  const own = isBelowInbox && levels.length > 1 ? levels.slice(1) : levels
  return own
    .map((level) => level.replaceAll(/[/*%\p{Cc}]/gu, '_').trim())
    .map((level) => (level === '' ? '_' : level))
    .join('/')
}
