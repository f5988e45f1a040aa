import { causeOf, parseReply, type Reply } from '@posthouse/smtp'
import { CliError } from '../cli-error.ts'
import { terminalOf } from '../command-options.ts'
import { kind } from '../output/kind.ts'
import { boolean, orNull, string } from '../output/shape.ts'

/** What a reply means. */
const causeKind = kind('Cause', 'what a server means by a reply, and what can be done', {
  reply: string,
  cause: string,
  class: string,
  say: string,
  next: string,
  aboutUs: boolean,
  operator: orNull(string),
})

/** `posthouse help CODE [TEXT]`: what a server means by a reply, and what can be done. */
export function explainReply(words: readonly string[]): void {
  const terminal = terminalOf({ json: words.includes('--json') })
  const text = words.filter((word) => word !== '--json').join(' ')
  const answer = readReply(text)
  if (answer === undefined || answer.code < 300) {
    const hint = 'posthouse help 550 5.7.1 "what it said"'
    throw new CliError('usage', 'help.code', `"${text}" is no reply that needs explaining`, hint)
  }
  const { id, kind: what, say, next, isAboutUs, operator = null } = causeOf(answer)
  const fields = { reply: text, cause: id, class: what, say, next, aboutUs: isAboutUs, operator }
  terminal.object(causeKind, { id, fields })
  if (!terminal.isTalking) return
  terminal.data(say)
  terminal.data(`To whoever sent it: ${next}`)
  if (operator !== null) terminal.data(`To whoever runs this server: ${operator}`)
  if (answer.text === '')
    terminal.talk('With the words that the server said it can be told better.')
}

/** An enhanced code alone stands for the reply that it is usual with (RFC 3463 §2). */
function readReply(text: string): Reply | undefined {
  return parseReply(/^[245]\./.test(text) ? `${text[0] ?? '5'}50 ${text}` : text)
}
