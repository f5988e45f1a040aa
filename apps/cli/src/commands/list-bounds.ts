import { CliError } from '../cli-error.ts'
import { parseMoment } from './parse-quantity.ts'

/**
 * How many of something are listed: `--limit`.
 *
 * @param of what is counted, in the plural
 * @param code of the error: `queue.limit`
 * @throws CliError for what is no number from 1 to `most`
 */
export function limitOf(text: string, most: number, of: string, code: string): number {
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= most) return limit
  throw new CliError('usage', code, `"${text}" is no number of ${of}`, `1 to ${most}`)
}

/**
 * Since when something is listed: `--since`.
 *
 * @param code of the error: `audit.since`
 * @throws CliError for what is no time
 */
export function sinceOf(text: string | undefined, code: string): Date | undefined {
  if (text === undefined) return undefined
  const moment = parseMoment(text, new Date())
  if (moment !== undefined) return moment
  throw new CliError('usage', code, `"${text}" is no time`, 'write 12h, 3d or 2030-12-31')
}
