/** Text made comparable: without case, and with one spelling for each accented letter (RFC 5051 in spirit). */
export function fold(text: string): string {
  return text.normalize('NFC').toLowerCase()
}
