/** The field by which a message of the harness is known again. */
export const tokenField = 'X-Fault-Token'

let made = 0

/** A word that no other message has. */
export function newToken(part: string): string {
  made += 1
  return `${part}-${made}-${process.pid}`
}

/** A small message that carries a token. */
export function messageWith(token: string, from: string, to: string, lines: number): Buffer {
  const body = Array.from({ length: lines }, (_, n) => `line ${n} of ${token}\r\n`).join('')
  return Buffer.from(
    `From: <${from}>\r\nTo: <${to}>\r\nSubject: fault ${token}\r\nMessage-ID: <${token}@fault.test>\r\nDate: Sat, 28 Nov 2026 10:00:00 +0000\r\n${tokenField}: ${token}\r\n\r\n${body}`,
  )
}

/** The token in a header, or undefined. */
export function tokenIn(text: string): string | undefined {
  return /^X-Fault-Token: (\S+)/im.exec(text)?.[1]
}
