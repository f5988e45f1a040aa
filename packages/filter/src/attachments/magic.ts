/** What a file's first octets say it is. */
export type Magic =
  | 'program'
  | 'zip'
  | 'gzip'
  | 'tar'
  | 'ole'
  | 'shortcut'
  | 'disk-image'
  | 'tnef'
  | 'opaque-archive'
  | 'onenote'
  | 'help'
  | 'rtf'
  | 'pdf'
  | 'markup'
  | 'picture'
  | undefined

/** Recognises what matters for the policy; `head` are the first octets, {@link DISK_BYTES} where disk images are to be seen. */
export function magicOf(head: Buffer): Magic {
  if (isProgram(head)) return 'program'
  for (const [magic, octets, at] of SIGNATURES) {
    if (
      head.length >= at + octets.length &&
      head.compare(octets, 0, octets.length, at, at + octets.length) === 0
    )
      return magic
  }
  const text = head.toString('latin1', 0, 1_024)
  if (/^\s{0,20}%PDF-/.test(text)) return 'pdf'
  if (MARKUP.test(text.replace(/^\u00ef\u00bb\u00bf/, ''))) return 'markup'
  return undefined
}

/** Octets of a file in which a disk image shows what it is: ISO 9660 has its name at 32,769. */
export const DISK_BYTES = 32_774

/** A zip file ends exactly where this file ends: whatever it begins with, programs for zip files open it. */
export function endsAsZip(octets: Buffer): boolean {
  const from = Math.max(0, octets.length - MAX_ZIP_END)
  for (let at = octets.lastIndexOf(ZIP_END); at >= from; at = octets.lastIndexOf(ZIP_END, at - 1)) {
    if (at + 22 <= octets.length && at + 22 + octets.readUInt16LE(at + 20) === octets.length)
      return true
    if (at === 0) return false
  }
  return false
}

/** Windows and DOS (text may begin with MZ, so there must be a NUL in its header), ELF, Mach-O and Java, DEX. */
function isProgram(head: Buffer): boolean {
  if (head.length < 16) return false
  const mark = head.readUInt16BE(0)
  if (mark === 0x4d_5a || mark === 0x5a_4d) return head.subarray(0, 64).includes(0)
  return PROGRAM_MARKS.has(head.readUInt32BE(0))
}

const PROGRAM_MARKS: ReadonlySet<number> = new Set([
  0x7f_45_4c_46, 0xfe_ed_fa_ce, 0xfe_ed_fa_cf, 0xce_fa_ed_fe, 0xcf_fa_ed_fe, 0xca_fe_ba_be,
  0x64_65_78_0a,
])

function hex(magic: Magic, text: string, at = 0): readonly [Magic, Buffer, number] {
  return [magic, Buffer.from(text.replaceAll(' ', ''), 'hex'), at]
}

function ascii(magic: Magic, text: string, at = 0): readonly [Magic, Buffer, number] {
  return [magic, Buffer.from(text, 'latin1'), at]
}

const SIGNATURES: readonly (readonly [Magic, Buffer, number])[] = [
  hex('zip', '50 4b 03 04'),
  hex('zip', '50 4b 05 06'),
  hex('gzip', '1f 8b 08'),
  ascii('tar', 'ustar', 257),
  hex('ole', 'd0 cf 11 e0 a1 b1 1a e1'),
  hex('shortcut', '4c 00 00 00 01 14 02 00'),
  hex('tnef', '78 9f 3e 22'),
  hex('onenote', 'e4 52 5c 7b 8c d8 a7 4d'),
  ascii('help', 'ITSF'),
  ascii('rtf', '{\\rt'),
  ascii('disk-image', 'CD001', 32_769),
  ascii('disk-image', 'conectix'),
  ascii('disk-image', 'vhdxfile'),
  ascii('disk-image', 'KDMV'),
  ascii('disk-image', 'MSWIM\0\0\0'),
  hex('opaque-archive', '52 61 72 21 1a 07'),
  hex('opaque-archive', '37 7a bc af 27 1c'),
  hex('opaque-archive', 'fd 37 7a 58 5a 00'),
  hex('opaque-archive', '28 b5 2f fd'),
  ascii('opaque-archive', 'MSCF\0\0\0\0'),
  ascii('opaque-archive', 'BZh'),
  ascii('opaque-archive', '**ACE**', 7),
  ascii('opaque-archive', '-lh', 2),
  hex('picture', 'ff d8 ff'),
  hex('picture', '89 50 4e 47'),
  ascii('picture', 'GIF8'),
]
const MARKUP =
  /^\s{0,200}(?:<\?xml[^>]{0,200}>\s{0,20})?(?:<!--[^>]{0,200}-->\s{0,20})?<(?:!doctype\s{1,5}(?:html|svg)|html|head|body|script|svg|meta|form|iframe|title)/i
const ZIP_END = Buffer.from('PK\x05\x06', 'latin1')
/** 22 octets and a comment of up to 65,535. */
const MAX_ZIP_END = 65_557
