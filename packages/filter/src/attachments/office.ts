import { read } from 'cfb'
import { MAX_OLE_BYTES } from '../limits.ts'

/** What an OLE compound file ([MS-CFB]) holds that matters here. */
export interface OleContent {
  readonly hasMacros: boolean
  /** A document under a password is an OLE file around it ([MS-OFFCRYPTO] §2.3.2). */
  readonly isEncrypted: boolean
  /** A Windows installer package. */
  readonly isInstaller: boolean
}

/**
 * Looks at the directory of an OLE file. One that is broken, or too large, is searched for the names instead: programs open files
 * that are broken in ways of their own.
 */
export function oleContent(octets: Buffer): OleContent {
  const names = octets.length > MAX_OLE_BYTES ? undefined : directoryNames(octets)
  const has = (name: string): boolean =>
    names?.has(name.toLowerCase()) ?? octets.includes(name, 0, 'utf16le')
  return {
    hasMacros:
      has('_VBA_PROJECT') || has('_VBA_PROJECT_CUR') || has('VBA') || hasMacroSheet(octets, names),
    isEncrypted: has('EncryptedPackage') || has('EncryptionInfo'),
    isInstaller: octets.includes(INSTALLER, 0) && octets.indexOf(INSTALLER) < MAX_ROOT,
  }
}

function directoryNames(octets: Buffer): ReadonlySet<string> | undefined {
  try {
    const { FileIndex } = read(octets, { type: 'buffer' })
    return new Set(FileIndex.map(({ name }) => name.toLowerCase()))
  } catch {
    return undefined
  }
}

/** Excel 4.0 macro sheets: a BOUNDSHEET record of type 1 ([MS-XLS] §2.4.28) near the start of the workbook. */
function hasMacroSheet(octets: Buffer, names: ReadonlySet<string> | undefined): boolean {
  if (names !== undefined && !names.has('workbook') && !names.has('book')) return false
  for (let at = octets.indexOf(BOUNDSHEET); at >= 0; at = octets.indexOf(BOUNDSHEET, at + 1)) {
    const size = octets[at + 2] ?? 0
    const isSheet = octets[at + 3] === 0 && size >= 8 && (octets[at + 8] ?? 9) <= 2
    if (isSheet && octets[at + 9] === 1 && (octets[at + 10] ?? 0) === size - 8) return true
  }
  return false
}

/** Names of entries of a zip file by which an Office document (OOXML, ODF) is known to hold macros. */
export function isMacroEntry(name: string): boolean {
  return MACRO_ENTRY.test(name)
}

/** Whether an entry shows that the zip is a document, whose other entries no reader of mail opens one by one. */
export function isDocumentEntry(name: string): boolean {
  return name === '[Content_Types].xml' || name === 'META-INF/manifest.xml'
}

const MACRO_ENTRY =
  /(?:^|\/)vbaproject\.bin$|^xl\/macrosheets\/|^basic\/[^/]{1,200}\/[^/]{1,200}\.xml$/i
const BOUNDSHEET = Buffer.from([0x85, 0x00])
/** The class of a Windows installer package, {000C1084-0000-0000-C000-000000000046}, as it stands in the root entry. */
const INSTALLER = Buffer.from('84100c0000000000c000000000000046', 'hex')
const MAX_ROOT = 64 * 1024 * 1024
