import { cutPath, isAscii, nullPath, parsePath, type MailPath } from './mail-path.ts'
import { parseParameters, type Parameters } from './parameters.ts'
import { replies } from './replies.ts'
import type { Reply } from './reply.ts'
import { decodeXtext } from './xtext.ts'

/** MAIL, read and checked (RFC 5321 §4.1.1.2). */
export interface MailCommand {
  readonly sender: MailPath
  /** SIZE, in octets (RFC 1870 §5). */
  readonly declaredBytes?: number
  /** BODY=8BITMIME (RFC 6152). */
  readonly isEightBit: boolean
  /** SMTPUTF8 (RFC 6531). */
  readonly isUtf8: boolean
  /** RET (RFC 3461 §4.3). */
  readonly ret?: 'full' | 'headers'
  /** ENVID, decoded (RFC 3461 §4.4). */
  readonly envelopeId?: string
}

/** One value of NOTIFY. */
export type Notify = 'never' | 'success' | 'failure' | 'delay'

/** RCPT, read and checked (RFC 5321 §4.1.1.3). */
export interface RcptCommand {
  readonly recipient: MailPath
  /** NOTIFY (RFC 3461 §4.1). */
  readonly notify?: readonly Notify[]
  /** ORCPT as `type;address`, decoded (RFC 3461 §4.2). */
  readonly originalRecipient?: string
}

/** Either what was asked, or the refusal. */
export type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reply: Reply }

/** What the session allows in parameters. */
export interface ParameterRules {
  /** DSN is offered (RFC 3461). */
  readonly dsn: boolean
  /** AUTH is offered: `AUTH=` must be taken (RFC 4954 §5). */
  readonly auth: boolean
  readonly maxBytes: number
}

const refuse = (reply: Reply): { readonly ok: false; readonly reply: Reply } => ({
  ok: false,
  reply,
})

/** Reads the argument of MAIL, ` FROM:<path> params`. HELO sessions have no parameters. */
export function parseMail(
  argument: string,
  extended: boolean,
  rules: ParameterRules,
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
  rules: ParameterRules,
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

type MailParameters = Omit<MailCommand, 'sender'>

function readMailParameters(parameters: Parameters, rules: ParameterRules): Read<MailParameters> {
  let read: MailParameters = { isEightBit: false, isUtf8: false }
  for (const [keyword, value] of parameters) {
    const one = readMailParameter(keyword, value, rules)
    if (!one.ok) return one
    read = { ...read, ...one.value }
  }
  return { ok: true, value: read }
}

function readMailParameter(
  keyword: string,
  value: string | undefined,
  rules: ParameterRules,
): Read<Partial<MailParameters>> {
  if (keyword === 'SIZE') return readSize(value, rules.maxBytes)
  if (keyword === 'BODY') return readBody(value)
  if (keyword === 'SMTPUTF8') {
    return value === undefined
      ? { ok: true, value: { isUtf8: true } }
      : refuse(replies.badParameter)
  }
  if (keyword === 'AUTH' && rules.auth) return readAuth(value)
  if (keyword === 'RET' && rules.dsn) return readRet(value)
  if (keyword === 'ENVID' && rules.dsn) return readEnvelopeId(value)
  return refuse(replies.unknownParameter)
}

/** `size-value = 1*20DIGIT`; over the limit is refused here already (RFC 1870 §6.1). */
function readSize(value: string | undefined, maxBytes: number): Read<Partial<MailParameters>> {
  if (value === undefined || !/^\d{1,20}$/.test(value)) return refuse(replies.badParameter)
  if (Number(value) > maxBytes) return refuse(replies.tooLarge)
  return { ok: true, value: { declaredBytes: Number(value) } }
}

/** `7BIT` or `8BITMIME` (RFC 6152 §2); BINARYMIME is not offered. */
function readBody(value: string | undefined): Read<Partial<MailParameters>> {
  const body = value?.toUpperCase()
  if (body !== '7BIT' && body !== '8BITMIME') return refuse(replies.badParameter)
  return { ok: true, value: { isEightBit: body === '8BITMIME' } }
}

/** Taken and not believed, which RFC 4954 §5 allows: nobody is trusted to say who submitted. */
function readAuth(value: string | undefined): Read<Partial<MailParameters>> {
  const isFine = value === '<>' || (value !== undefined && decodeXtext(value) !== undefined)
  return isFine ? { ok: true, value: {} } : refuse(replies.badParameter)
}

function readRet(value: string | undefined): Read<Partial<MailParameters>> {
  const ret = value?.toUpperCase()
  if (ret === 'FULL') return { ok: true, value: { ret: 'full' } }
  if (ret === 'HDRS') return { ok: true, value: { ret: 'headers' } }
  return refuse(replies.badParameter)
}

/** At most 100 characters before decoding (RFC 3461 §4.4). */
function readEnvelopeId(value: string | undefined): Read<Partial<MailParameters>> {
  const envelopeId = value === undefined || value.length > 100 ? undefined : decodeXtext(value)
  return envelopeId === undefined
    ? refuse(replies.badParameter)
    : { ok: true, value: { envelopeId } }
}

type RcptParameters = Omit<RcptCommand, 'recipient'>

function readRcptParameters(
  parameters: Parameters,
  isUtf8: boolean,
  rules: ParameterRules,
): Read<RcptParameters> {
  let read: RcptParameters = {}
  for (const [keyword, value] of parameters) {
    if (!rules.dsn || (keyword !== 'NOTIFY' && keyword !== 'ORCPT'))
      return refuse(replies.unknownParameter)
    const one = keyword === 'NOTIFY' ? readNotify(value) : readOriginalRecipient(value, isUtf8)
    if (one === undefined) return refuse(replies.badParameter)
    read = { ...read, ...one }
  }
  return { ok: true, value: read }
}

const notifyValues: ReadonlySet<string> = new Set<Notify>(['never', 'success', 'failure', 'delay'])
const isNotify = (word: string): word is Notify => notifyValues.has(word)

/** `NEVER` alone, or a list of the others (RFC 3461 §4.1). */
function readNotify(value: string | undefined): RcptParameters | undefined {
  const words = (value ?? '').toLowerCase().split(',')
  const notify = [...new Set(words.filter(isNotify))]
  if (notify.length === 0 || words.some((word) => !isNotify(word))) return undefined
  if (notify.includes('never') && words.length > 1) return undefined
  return { notify }
}

/** `addr-type ";" xtext` of at most 500 characters (RFC 3461 §4.2); beyond ASCII with SMTPUTF8 (RFC 6533 §3). */
function readOriginalRecipient(
  value: string | undefined,
  isUtf8: boolean,
): RcptParameters | undefined {
  const match = /^([a-z0-9!#$%&'*/?^_`{|}~.-]+);(.+)$/iu.exec(value ?? '')
  if (value === undefined || value.length > 500 || match?.[1] === undefined) return undefined
  const encoded = match[2] ?? ''
  if (!isAscii(encoded)) {
    const isUnitext =
      isUtf8 && match[1].toLowerCase() === 'utf-8' && !/[+=\u0080-\u009f]/.test(encoded)
    return isUnitext ? { originalRecipient: value } : undefined
  }
  const decoded = decodeXtext(encoded)
  return decoded === undefined ? undefined : { originalRecipient: `${match[1]};${decoded}` }
}
