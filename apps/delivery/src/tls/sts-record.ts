import { trimWsp } from './trim-wsp.ts'

/**
 * The id of the one MTA-STS record among the TXT records of `_mta-sts.DOMAIN` (RFC 8461 §3.1). undefined: the domain has no
 * policy; that is also what none, several, or one that is written wrongly means.
 */
export function stsRecordId(texts: readonly string[]): string | undefined {
  const records = texts.filter((text) => isStsRecord.test(text))
  const [record] = records
  return record === undefined || records.length > 1 ? undefined : idOf(record)
}

/** Others are not looked at. The ABNF lets spaces stand before the semicolon. */
const isStsRecord = /^v=STSv1[ \t]*;/

function idOf(record: string): string | undefined {
  const [, ...fields] = record.split(';').map(trimWsp)
  // sts-field-delim may end it; nothing else may be empty.
  if (fields.length > 1 && fields.at(-1) === '') fields.pop()
  // The last one may be followed by nothing but a delimiter.
  if (record.endsWith(' ') || record.endsWith('\t')) return undefined
  if (!fields.every((field) => isField.test(field))) return undefined
  // Of fields that are there twice the first counts; unknown ones are ignored.
  const id = fields.find((field) => field.startsWith('id='))?.slice('id='.length)
  return id !== undefined && isId.test(id) ? id : undefined
}

/** sts-ext-name "=" sts-ext-value; an id is one, too. */
const isField = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}=[\x21-\x3a\x3c\x3e-\x7e]+$/
const isId = /^[A-Za-z0-9]{1,32}$/
