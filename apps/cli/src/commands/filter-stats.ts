import type { SymbolCount, VerdictCount } from '@posthouse/store'
import { CliError } from '../cli-error.ts'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { kind } from '../output/kind.ts'
import { dateTime, integer, listOf, number, object, string } from '../output/shape.ts'
import { withStore } from '../with-store.ts'
import { parseMoment } from './parse-quantity.ts'

/** What `filter stats` tells. */
const statisticsKind = kind('FilterStatistics', 'what the filter judged, and by which signs', {
  since: dateTime,
  results: listOf(object({ direction: string, action: string, messages: integer })),
  signs: listOf(object({ symbol: string, messages: integer, unwanted: integer, points: number })),
  quarantined: integer,
})

/** Symbols that people see; a program gets all. */
const shownSymbols = 25

/** `posthouse filter stats`. */
export async function showFilterStats(
  options: CommonOptions & { readonly since: string },
): Promise<void> {
  const terminal = terminalOf(options)
  const since = parseMoment(options.since, new Date())
  if (since === undefined) {
    const hint = 'write 12h, 7d or 2030-12-31'
    throw new CliError('usage', 'filter.since', `"${options.since}" is no time`, hint)
  }
  await withStore(options, async (store) => {
    const [{ actions, symbols }, kept] = await Promise.all([
      store.verdicts.statistics(since),
      store.quarantine.list({ since, limit: 100_000 }),
    ])
    const results = actions.map(actionRow)
    const signs = symbols.map(symbolRow)
    if (!terminal.isTalking) {
      const fields = { since: since.toISOString(), results, signs, quarantined: kept.length }
      return terminal.object(statisticsKind, { id: 'filter', fields })
    }
    if (actions.length === 0) return terminal.talk('No message was judged in this time.')
    terminal.table(results, ['direction', 'action', 'messages'])
    terminal.data('\nSigns, the most frequent first:')
    terminal.table(signs.slice(0, shownSymbols), ['symbol', 'messages', 'unwanted', 'points'])
    terminal.talk('Unwanted: of those, how many went to Junk or further.')
    if (kept.length > 0) terminal.next('posthouse quarantine list')
  })
}

function actionRow({ direction, action, messages }: VerdictCount) {
  return { direction, action, messages }
}

function symbolRow({ symbol, messages, unwanted, averagePoints }: SymbolCount) {
  return { symbol, messages, unwanted, points: Math.round(averagePoints * 100) / 100 }
}
