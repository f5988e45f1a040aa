/** `xtext` (RFC 3461 §4): printable ASCII without `+` and `=`, others as `+` and two upper-case hex digits. */
const XTEXT = /^(?:[!-*,-<>-~]|\+[0-9A-F]{2})*$/

/** Decodes xtext; undefined where it is none, or holds anything but printable ASCII and space. */
export function decodeXtext(text: string): string | undefined {
  if (!XTEXT.test(text)) return undefined
  const decoded = text.replace(/\+([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return /^[ -~]*$/.test(decoded) ? decoded : undefined
}

/** Encodes printable text as xtext. Characters beyond ASCII stay: only ORCPT under SMTPUTF8 has them. */
export function encodeXtext(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0020\u007f+=]/g, (char) => {
    return `+${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
  })
}
