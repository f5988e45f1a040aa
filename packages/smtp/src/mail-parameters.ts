import { parseRelease } from './future-release.ts'
import { refuse, type Parameters, type Read } from './parameters.ts'
import { replies } from './replies.ts'
import { decodeXtext } from './xtext.ts'

/** What the parameters of MAIL say. */
export interface MailParameters {
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
  /** REQUIRETLS (RFC 8689 §4.2): to be passed on under verified TLS to hosts that do the same, or not at all. */
  readonly requiresTls?: boolean
  /** HOLDFOR or HOLDUNTIL (RFC 4865 §4): not before. */
  readonly releaseAt?: Date
}

/** What the session allows in them. */
export interface MailRules {
  /** DSN is offered (RFC 3461). */
  readonly dsn: boolean
  /** AUTH is offered: `AUTH=` must be taken (RFC 4954 §5). */
  readonly auth: boolean
  readonly maxBytes: number
  /** The session is under TLS: REQUIRETLS is offered (RFC 8689 §4.1). */
  readonly isSecure: boolean
  /** How far ahead mail may be held, in seconds, where that is offered (RFC 4865). */
  readonly releaseSeconds?: number
}

/** Reads the parameters of MAIL. */
export function readMailParameters(parameters: Parameters, rules: MailRules): Read<MailParameters> {
  let read: MailParameters = { isEightBit: false, isUtf8: false }
  for (const [keyword, value] of parameters) {
    const one = readMailParameter(keyword, value, rules)
    if (!one.ok) return one
    read = { ...read, ...one.value }
  }
  // One of them, not both (RFC 4865 §4).
  if (parameters.has('HOLDFOR') && parameters.has('HOLDUNTIL')) return refuse(replies.badParameter)
  return { ok: true, value: read }
}

function readMailParameter(
  keyword: string,
  value: string | undefined,
  rules: MailRules,
): Read<Partial<MailParameters>> {
  if (keyword === 'SIZE') return readSize(value, rules.maxBytes)
  if (keyword === 'BODY') return readBody(value)
  if (keyword === 'SMTPUTF8') {
    return value === undefined
      ? { ok: true, value: { isUtf8: true } }
      : refuse(replies.badParameter)
  }
  if (keyword === 'REQUIRETLS') return readRequireTls(value, rules.isSecure)
  if (keyword === 'HOLDFOR' || keyword === 'HOLDUNTIL') return readRelease(keyword, value, rules)
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

/** Without a value, and under TLS alone (RFC 8689 §4.1, §4.2): what came in the clear has been read by whoever wanted to. */
function readRequireTls(
  value: string | undefined,
  isSecure: boolean,
): Read<Partial<MailParameters>> {
  if (value !== undefined) return refuse(replies.badParameter)
  return isSecure ? { ok: true, value: { requiresTls: true } } : refuse(replies.tlsRequired)
}

function readRelease(
  keyword: 'HOLDFOR' | 'HOLDUNTIL',
  value: string | undefined,
  { releaseSeconds }: MailRules,
): Read<Partial<MailParameters>> {
  if (releaseSeconds === undefined) return refuse(replies.unknownParameter)
  const release = parseRelease(keyword, value ?? '', Date.now())
  if (release === undefined) return refuse(replies.badParameter)
  if (release.afterMs > releaseSeconds * 1000) return refuse(replies.releaseTooFar)
  return { ok: true, value: { releaseAt: release.at } }
}
