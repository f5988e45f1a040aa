import type { Cursor } from './cursor.ts'
import { useAttributes } from './flags.ts'
import { mailbox } from './mailbox-name.ts'
import { base64Char } from './octet-class.ts'
import { type SequenceSet, sequenceSet } from './sequence-set.ts'
import { startsString, string, textAstring, utf8Text } from './strings.ts'
import { acceptSpace, atom, opensList, skipSpaces, space, word } from './words.ts'

/** `userid SP password` (RFC 3501 §6.2.3), both UTF-8. */
export function loginArguments(c: Cursor): { readonly login: string; readonly password: string } {
  const login = textAstring(c)
  space(c)
  return { login, password: textAstring(c) }
}

/** `auth-type [SP ("=" / base64)]` (RFC 3501 §6.2.2, RFC 4959 §3). */
export interface AuthenticateArguments {
  /** In upper case. */
  readonly mechanism: string
  /** Base64 as sent, `=` meaning an empty response; absent: none was sent. */
  readonly initialResponse?: string
}

/** AUTHENTICATE's arguments. */
export function authenticateArguments(c: Cursor): AuthenticateArguments {
  const mechanism = atom(c).toUpperCase()
  if (!acceptSpace(c)) return { mechanism }
  const initialResponse = c.run(base64Char)
  if (initialResponse === '') return { mechanism }
  c.needs('SASL-IR')
  return { mechanism, initialResponse }
}

/** `mailbox ["(" "USE" SP "(" [use-attr …] ")" ")"]` (RFC 3501 §6.3.3, RFC 6154 §3). */
export interface CreateArguments {
  readonly mailbox: string
  /** As the client spelt them, backslash included; empty without USE. */
  readonly use: readonly string[]
}

/** CREATE's arguments. */
export function createArguments(c: Cursor): CreateArguments {
  const name = mailbox(c)
  const start = c.mark()
  if (!acceptSpace(c) || !opensList(c)) {
    c.reset(start)
    return { mailbox: name, use: [] }
  }
  c.expect(0x28, '"("')
  if (word(c) !== 'USE') c.fail('no such CREATE parameter')
  c.needs('CREATE-SPECIAL-USE')
  space(c)
  const use = useAttributes(c)
  c.expect(0x29, '")"')
  return { mailbox: name, use }
}

/** RENAME's arguments: `mailbox SP mailbox` (RFC 3501 §6.3.5). */
export function renameArguments(c: Cursor): { readonly from: string; readonly to: string } {
  const from = mailbox(c)
  space(c)
  return { from, to: mailbox(c) }
}

/** COPY's and MOVE's arguments: `sequence-set SP mailbox` (RFC 3501 §6.4.7, RFC 6851 §5). */
export interface CopyArguments {
  readonly messages: SequenceSet
  readonly target: string
}

/** COPY's and MOVE's arguments. */
export function copyArguments(c: Cursor): CopyArguments {
  const messages = sequenceSet(c)
  space(c)
  return { messages, target: mailbox(c) }
}

/** `capability *(SP capability)` of ENABLE (RFC 5161 §4), in upper case. */
export function enableArguments(c: Cursor): string[] {
  const names = [atom(c).toUpperCase()]
  while (acceptSpace(c) && !c.isAtEnd()) names.push(atom(c).toUpperCase())
  return names
}

/** COMPRESS's mechanism (RFC 4978 §5), in upper case. */
export function compressArguments(c: Cursor): string {
  return atom(c).toUpperCase()
}

/** More pairs, or longer ones, are refused (RFC 2971 §3.3). */
const idLimits = { pairs: 30, nameOctets: 30, valueOctets: 1024 }

/**
 * `"(" [string SP nstring *(SP string SP nstring)] ")" / nil` (RFC 2971 §4): names in lower case.
 *
 * QUIRK: Thunderbird's spacing between the pairs varies, and Apache James's script for it has commas
 * and a value without quotes. Nothing depends on what a client says of itself, so all of it will do.
 */
export function idParameters(c: Cursor): Map<string, string | null> {
  const parameters = new Map<string, string | null>()
  if (!opensList(c)) {
    if (atom(c).toUpperCase() !== 'NIL') c.fail('expected a list or NIL')
    return parameters
  }
  c.expect(0x28, '"("')
  for (;;) {
    skipSeparators(c)
    if (c.accept(0x29)) return parameters
    const name = string(c)
    skipSeparators(c)
    const value = idValue(c)
    if (name.length > idLimits.nameOctets || (value?.length ?? 0) > idLimits.valueOctets) {
      c.fail('an ID field is too long')
    }
    parameters.set(name.toString('latin1').toLowerCase(), value === null ? null : lenient(value))
    if (parameters.size > idLimits.pairs) c.fail('too many ID fields')
  }
}

function lenient(octets: Buffer): string {
  return utf8Text(octets) ?? octets.toString('latin1')
}

/** Spaces, and the commas that some write between the pairs. */
function skipSeparators(c: Cursor): void {
  do skipSpaces(c)
  while (c.accept(0x2c))
}

/** `nstring`, or a bare word. */
function idValue(c: Cursor): Buffer | null {
  if (startsString(c)) return string(c)
  const text = atom(c)
  return text.toUpperCase() === 'NIL' ? null : Buffer.from(text, 'latin1')
}
