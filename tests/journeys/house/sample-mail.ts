/** A plain message with this number, CRLF at every line end. */
export function sampleMail(number: number, from: string, to: string): Buffer {
  const lines = [
    `From: <${from}>`,
    `To: <${to}>`,
    `Subject: message ${number}`,
    `Message-ID: <${number}.journey@elsewhere.test>`,
    'Date: Sat, 28 Nov 2026 10:00:00 +0000',
    '',
    `This is message ${number}.`,
    '.a line that begins with a dot',
    'From a line that begins with From',
    '',
  ]
  return Buffer.from(lines.join('\r\n'))
}
