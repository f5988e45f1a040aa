/** What a client sends at one go, and what is to come back before it goes on. */
export interface Exchange {
  /** Line of the script at which it begins. */
  readonly line: number
  /** The session's name; scripts with one session use none. */
  readonly session: string
  readonly sends: readonly string[]
  /** Lines to come, as regular expressions. */
  readonly expects: readonly string[]
}

/**
 * Reads a session script of Apache James's protocol tester: `C:` sends, `S:` is a regular expression
 * over a line, `SUB { … }` holds lines in any order (order is never looked at here), `SESSION:`
 * changes the session. Timers, waits and log lines say nothing about the protocol.
 */
export function parseJamesScript(text: string): Exchange[] {
  const exchanges: Exchange[] = []
  let session = ''
  let sends: string[] = []
  let expects: string[] = []
  let begun = 0
  const flush = (): void => {
    if (sends.length > 0 || expects.length > 0) {
      exchanges.push({ line: begun, session, sends, expects })
    }
    sends = []
    expects = []
  }
  text.split(/\r?\n/).forEach((row, index) => {
    const [, kind = '', rest = ''] = /^(C|S|SESSION):(?: (.*)|$)/.exec(row) ?? []
    if (kind === 'SESSION') {
      flush()
      session = rest.trim()
    } else if (kind === 'C') {
      if (expects.length > 0) flush()
      if (sends.length === 0) begun = index + 1
      sends.push(rest)
    } else if (kind === 'S') {
      if (sends.length === 0 && expects.length === 0) begun = index + 1
      expects.push(rest)
    }
  })
  flush()
  return exchanges
}
