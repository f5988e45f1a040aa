import type { SymbolCount, VerdictCount } from '@posthouse/store'
import { CliError } from '../cli-error.ts'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import type { Row } from '../output/terminal.ts'
import { withStore } from '../with-store.ts'
import { parseMoment } from './parse-quantity.ts'

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
      return terminal.object('FilterStatistics', { id: 'filter', fields })
    }
    if (actions.length === 0) return terminal.talk('No message was judged in this time.')
    const columns = ['direction', 'action', 'messages']
    terminal.list('FilterResultList', results.map(itemOf), columns)
    terminal.data('\nSigns, the most frequent first:')
    const most = signs.slice(0, shownSymbols).map(itemOf)
    terminal.list('SymbolList', most, ['symbol', 'messages', 'unwanted', 'points'])
    terminal.talk('Unwanted: of those, how many went to Junk or further.')
    if (kept.length > 0) terminal.next('posthouse quarantine list')
  })
}

function actionRow({ direction, action, messages }: VerdictCount): Row {
  return { direction, action, messages }
}

function symbolRow({ symbol, messages, unwanted, averagePoints }: SymbolCount): Row {
  return { symbol, messages, unwanted, points: Math.round(averagePoints * 100) / 100 }
}

function itemOf(fields: Row, index: number) {
  return { id: String(fields['symbol'] ?? index + 1), fields }
}
