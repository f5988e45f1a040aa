import type { AttachmentClass } from './policy.ts'

/** What a file's name says it is, as far as that matters here. */
export type NamedKind =
  | Extract<AttachmentClass, 'executable' | 'script' | 'shortcut' | 'disk-image' | 'macros'>
  | 'markup'
  | undefined

/** The last ending of a name, lower case, as Windows sees it: dots and spaces at the end do not count. */
export function endingOf(name: string): string {
  const plain = plainName(name)
  const dot = plain.lastIndexOf('.')
  return dot < 0
    ? ''
    : plain
        .slice(dot + 1)
        .trim()
        .toLowerCase()
}

/** What a name's last ending stands for. */
export function kindOfName(name: string): NamedKind {
  return KINDS.get(endingOf(name))
}

/** A document's ending before a dangerous one (`invoice.pdf.exe`, `photo.jpg          .scr`). */
export function hasDoubleEnding(name: string): boolean {
  const kind = kindOfName(name)
  if (kind === undefined || kind === 'markup' || kind === 'macros') return false
  const plain = plainName(name)
  return DOCUMENTS.has(endingOf(plain.slice(0, plain.lastIndexOf('.'))))
}

/** A mark that turns the direction of text, by which `cod.exe` reads as `exe.doc`; or blanks that push the ending out of sight. */
export function hidesItsEnding(name: string): boolean {
  return /[\u202a-\u202e\u2066-\u2069]/.test(name) || /\s{10}/.test(name) || name.includes('\0')
}

/** Up to a NUL, where programs in C stop reading; the last segment of a path; without marks nobody sees. */
function plainName(name: string): string {
  const seen = name.split('\0', 1)[0] ?? ''
  const last = seen.slice(Math.max(seen.lastIndexOf('/'), seen.lastIndexOf('\\')) + 1)
  return last
    .replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, '')
    .replace(/[.\s"]+$/, '')
}

function listed(kind: NamedKind, endings: string): readonly (readonly [string, NamedKind])[] {
  return endings.split(' ').map((ending) => [ending, kind] as const)
}

const KINDS: ReadonlyMap<string, NamedKind> = new Map([
  ...listed(
    'executable',
    'exe com scr pif cpl msi msp mst dll ocx sys xll wll jar apk appx msix appxbundle msixbundle appinstaller ex_ gadget pkg mpkg',
  ),
  ...listed(
    'script',
    'js jse vbs vbe vb wsf wsh wsc ws hta bat cmd ps1 psm1 psd1 ps1xml ps2 sct chm hlp reg msc inf application command workflow',
  ),
  ...listed(
    'shortcut',
    'lnk url scf website desktop webloc library-ms search-ms searchconnector-ms settingcontent-ms appref-ms rdp theme themepack diagcab',
  ),
  ...listed('disk-image', 'iso img vhd vhdx vmdk vdi dmg udf toast wim mdf nrg'),
  ...listed(
    'macros',
    'docm dotm xlsm xltm xlam xlsb pptm potm ppam ppsm sldm one onepkg mdb accdb ade adp mde mda',
  ),
  ...listed('markup', 'htm html shtml xht xhtml mht mhtml svg svgz'),
])
const DOCUMENTS: ReadonlySet<string> = new Set(
  'pdf doc docx xls xlsx ppt pptx rtf odt ods odp txt csv jpg jpeg png gif bmp tif tiff mp3 mp4 avi mov zip rar 7z htm html eml msg'.split(
    ' ',
  ),
)
