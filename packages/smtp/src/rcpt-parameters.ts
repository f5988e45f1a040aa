import { isAscii } from './mail-path.ts'
import { refuse, type Parameters, type Read } from './parameters.ts'
import { replies } from './replies.ts'
import { decodeXtext } from './xtext.ts'

/** One value of NOTIFY. */
export type Notify = 'never' | 'success' | 'failure' | 'delay'

/** What the parameters of RCPT say. */
export interface RcptParameters {
  /** NOTIFY (RFC 3461 §4.1). */
  readonly notify?: readonly Notify[]
  /** ORCPT as `type;address`, decoded (RFC 3461 §4.2). */
  readonly originalRecipient?: string
}

/** What the session allows in them. */
export interface RcptRules {
  /** DSN is offered (RFC 3461). */
  readonly dsn: boolean
}

/** Reads the parameters of RCPT. */
export function readRcptParameters(
  parameters: Parameters,
  isUtf8: boolean,
  rules: RcptRules,
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
