import { cutPath, nullPath, parsePath, type MailPath } from './mail-path.ts'
import { readMailParameters, type MailParameters, type MailRules } from './mail-parameters.ts'
import { parseParameters, refuse, type Read } from './parameters.ts'
import { readRcptParameters, type RcptParameters, type RcptRules } from './rcpt-parameters.ts'
import { replies } from './replies.ts'

/** MAIL, read and checked (RFC 5321 §4.1.1.2). */
export interface MailCommand extends MailParameters {
  readonly sender: MailPath
}

/** RCPT, read and checked (RFC 5321 §4.1.1.3). */
export interface RcptCommand extends RcptParameters {
  readonly recipient: MailPath
}

/** Reads the argument of MAIL, ` FROM:<path> params`. HELO sessions have no parameters. */
export function parseMail(
  argument: string,
  extended: boolean,
  rules: MailRules,
): Read<MailCommand> {
  const cut = cutAfterKeyword(argument, 'FROM:')
  if (cut === undefined) return refuse(replies.badSender)
  const sender = cut.path === '' ? nullPath : parsePath(cut.path)
  if (sender === undefined) return refuse(replies.badSender)
  const parameters = parseParameters(cut.rest)
  if (parameters === undefined) return refuse(replies.badParameter)
  if (parameters.size > 0 && !extended) return refuse(replies.unknownParameter)
  const read = readMailParameters(parameters, rules)
  if (!read.ok) return read
  if (sender.isInternationalised && !read.value.isUtf8) return refuse(replies.needsSmtpUtf8)
  return { ok: true, value: { sender, ...read.value } }
}

/** Reads the argument of RCPT, ` TO:<path> params`, in a transaction that is SMTPUTF8 or not. */
export function parseRcpt(
  argument: string,
  extended: boolean,
  isUtf8: boolean,
  rules: RcptRules,
): Read<RcptCommand> {
  const cut = cutAfterKeyword(argument, 'TO:')
  if (cut === undefined) return refuse(replies.badRecipient)
  const recipient = parseRecipient(cut.path)
  if (recipient === undefined) return refuse(replies.badRecipient)
  const parameters = parseParameters(cut.rest)
  if (parameters === undefined) return refuse(replies.badParameter)
  if (parameters.size > 0 && !extended) return refuse(replies.unknownParameter)
  const read = readRcptParameters(parameters, isUtf8, rules)
  if (!read.ok) return read
  if (recipient.isInternationalised && !isUtf8) return refuse(replies.needsSmtpUtf8)
  return { ok: true, value: { recipient, ...read.value } }
}

/** `Postmaster` stands without a domain (RFC 5321 §4.1.1.3, §4.5.1). */
function parseRecipient(path: string): MailPath | undefined {
  if (!/^postmaster$/i.test(path)) return parsePath(path)
  return { address: 'postmaster', local: 'postmaster', domain: '', isInternationalised: false }
}

/** QUIRK: spaces after the colon, against RFC 5321 §3.3, which many old clients send. */
function cutAfterKeyword(
  argument: string,
  keyword: string,
): { path: string; rest: string } | undefined {
  const text = argument.trimStart()
  if (text.slice(0, keyword.length).toUpperCase() !== keyword) return undefined
  return cutPath(text.slice(keyword.length).trimStart())
}
