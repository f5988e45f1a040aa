import { FieldLexer, isTokenCharacter } from './field-lexer.ts'
import { MAX_PARAMS } from './limits.ts'
import type { Disposition, Param } from './part.ts'

/** A Content-Type as written. */
export interface ContentType {
  readonly type: string
  readonly subtype: string
  readonly params: readonly Param[]
}

/**
 * Content-Type (RFC 2045 §5.1), leniently: white space and comments anywhere, unquoted values with
 * spaces. Undefined when there is no `type/subtype`, which means the default type (§5.2).
 */
export function parseContentType(value: string): ContentType | undefined {
  const lexer = new FieldLexer(value)
  lexer.skipCfws()
  const type = lexer.takeWhile(isTokenCharacter)
  lexer.skipCfws()
  if (type === '' || !lexer.take('/')) return undefined
  lexer.skipCfws()
  const subtype = lexer.takeWhile(isTokenCharacter)
  if (subtype === '') return undefined
  return { type, subtype, params: parseParams(lexer) }
}

/** Content-Disposition (RFC 2183 §2); undefined when it does not begin with a token. */
export function parseDisposition(value: string): Disposition | undefined {
  const lexer = new FieldLexer(value)
  const type = token(lexer)
  return type === undefined ? undefined : { type, params: parseParams(lexer) }
}

/** Content-Transfer-Encoding (RFC 2045 §6.1). */
export function parseEncoding(value: string): string | undefined {
  return token(new FieldLexer(value))
}

/** Content-Language: a list of tags (RFC 3282 §2). */
export function parseLanguage(value: string): string[] {
  const lexer = new FieldLexer(value)
  const tags: string[] = []
  for (;;) {
    const tag = token(lexer)
    if (tag === undefined || tags.length === MAX_PARAMS) return tags
    tags.push(tag)
    lexer.skipCfws()
    if (!lexer.take(',')) return tags
  }
}

/** The first parameter called `name` (lower case). */
export function paramValue(params: readonly Param[], name: string): string | undefined {
  return params.find((param) => param.name.toLowerCase() === name)?.value
}

function token(lexer: FieldLexer): string | undefined {
  lexer.skipCfws()
  const text = lexer.takeWhile(isTokenCharacter)
  return text === '' ? undefined : text
}

function parseParams(lexer: FieldLexer): Param[] {
  const params: Param[] = []
  while (params.length < MAX_PARAMS) {
    lexer.skipTo(SEMICOLON)
    if (!lexer.take(';')) break
    const name = token(lexer)
    if (name === undefined) continue
    lexer.skipCfws()
    if (!lexer.take('=')) continue
    const value = parseValue(lexer)
    if (value !== undefined) params.push({ name, value })
  }
  return params
}

function parseValue(lexer: FieldLexer): string | undefined {
  lexer.skipCfws()
  if (lexer.peek() === '"') return lexer.takeQuoted()
  const start = lexer.pos
  const plain = lexer.takeWhile(isTokenCharacter)
  lexer.skipCfws()
  if (lexer.atEnd || lexer.peek() === ';') return plain === '' ? undefined : plain
  // QUIRK: unquoted values with spaces or tspecials (`name=my report.pdf`, `boundary=a=b`) are
  // common; everything up to the semicolon is meant.
  lexer.pos = start
  const text = lexer.takeWhile((code) => code !== SEMICOLON).trim()
  return text === '' ? undefined : text
}

const SEMICOLON = 59
