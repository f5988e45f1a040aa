/** Messages of each maildrop: more octets than the network between server and client takes up by itself. */
export const messageCount = 120

/** About so many octets each. */
const messageBytes = 40_000

/** The n-th message of a maildrop, in which every line has to be stuffed. */
export function messageOf(n: number): Buffer {
  const line = `.line of message ${n}, which has to be stuffed${'x'.repeat(900)}\r\n`
  return Buffer.from(`Subject: ${n}\r\n\r\n${line.repeat(messageBytes / line.length)}`)
}

/** What the server says to RETR 1 … n (RFC 1939 §5). */
export function expectedAnswers(): Buffer {
  const answers: string[] = []
  for (let n = 1; n <= messageCount; n++) {
    const message = messageOf(n).toString('latin1')
    const stuffed = message.replaceAll('\r\n.', '\r\n..')
    answers.push(`+OK ${message.length} octets\r\n${stuffed}.\r\n`)
  }
  return Buffer.from(answers.join(''), 'latin1')
}
