import { types } from 'pg'

const int8 = 20
const int8Array = 1016

/**
 * How column values become JavaScript values: bigint as number (every bigint we keep is below 2^53, and a larger one is
 * an error rather than a rounded id), timestamptz as Date, bytea as Buffer, numeric as text.
 */
export const rowTypes = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (format === 'binary') return types.getTypeParser(oid, format)
    if (oid === int8) return exactInteger
    if (oid === int8Array) return exactIntegers
    return types.getTypeParser(oid, 'text')
  },
}

function exactInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint out of range: ${text}`)
  return value
}

/** One-dimensional bigint[], as `array_agg` gives it. */
function exactIntegers(text: string): (number | null)[] {
  if (text === '{}') return []
  const parts = text.slice(1, -1).split(',')
  return parts.map((part) => (part === 'NULL' ? null : exactInteger(part)))
}
