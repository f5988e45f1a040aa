import { scannerStages, type Stage } from '@posthouse/filter'
import type { FilterSettings } from '@posthouse/store'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { exitCodes } from '../exit-codes.ts'
import { kind } from '../output/kind.ts'
import { boolean, integer, listOf, object, oneOf, string, stringOrNumber } from '../output/shape.ts'
import { withStore } from '../with-store.ts'
import { stagesOf } from './filter-pipeline.ts'
import { shown } from './filter-set.ts'

const stageShape = object({ name: string, state: oneOf('OK', 'FAIL', 'OFF'), text: string })

type StageRow = NonNullable<(typeof stageShape)['type']>

/** What `filter status` tells. */
const statusKind = kind('FilterStatus', 'the stages of the filter and how they are', {
  tag: stringOrNumber,
  junk: stringOrNumber,
  quarantine: stringOrNumber,
  reject: stringOrNumber,
  virusScanner: boolean,
  allowed: integer,
  blocked: integer,
  stages: listOf(stageShape),
})

/** A scanner that does not answer in this time does not answer. */
const probeMs = 5_000

/** `posthouse filter status`: which stages look at mail, and how they are. Ends with 3 where a scanner does not answer. */
export async function showFilterStatus(options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const settings = await store.filterSettings.current()
    const stages = await stageRows(settings, stagesOf(store, settings, options))
    const rules = await store.filterSettings.rules('all')
    const isScanned = stages.some(({ name, state }) => name === 'clamd' && state !== 'OFF')
    const fields = {
      tag: shown(settings.get('inbound.tag')),
      junk: shown(settings.get('inbound.junk')),
      quarantine: shown(settings.get('inbound.quarantine')),
      reject: shown(settings.get('inbound.reject')),
      virusScanner: isScanned,
      allowed: rules.filter(({ rule }) => rule === 'allow').length,
      blocked: rules.filter(({ rule }) => rule === 'block').length,
    }
    if (stages.some(({ state }) => state === 'FAIL')) process.exitCode = exitCodes.checkFailed
    if (!terminal.isTalking) {
      return terminal.object(statusKind, { id: 'filter', fields: { ...fields, stages } })
    }
    terminal.table(stages, ['name', 'state', 'text'])
    terminal.data(
      `\nHeader from ${fields.tag} points, Junk from ${fields.junk}, kept aside from ${fields.quarantine}, refused from ${fields.reject}.`,
    )
    terminal.data(`Senders on lists: ${fields.allowed} allowed, ${fields.blocked} blocked.`)
    if (!isScanned) {
      terminal.talk(
        'No virus scanner is configured: the policy for attachments stands, viruses are not looked for.',
      )
      terminal.next('posthouse filter set clamd.address=unix:/run/clamav/clamd.ctl')
    }
  })
}

/** What is asked is asked now; the others look without anybody's help. */
async function stageRows(
  settings: FilterSettings,
  stages: readonly Stage[],
): Promise<readonly StageRow[]> {
  const scanners = new Map(scannerStages(settings).map((scanner) => [scanner.name, scanner]))
  const on = stages.map(async ({ name }): Promise<StageRow> => {
    const scanner = scanners.get(name)
    if (scanner === undefined) return { name, state: 'OK', text: 'built in' }
    const { isWell, text } = await scanner.probe(AbortSignal.timeout(probeMs))
    if (isWell) return { name, state: 'OK', text }
    return { name, state: 'FAIL', text: `${text} (then: ${scanner.onFailure})` }
  })
  const off = settings.get('stages.off').map((name): StageRow => {
    return { name, state: 'OFF', text: 'switched off (stages.off)' }
  })
  return [...(await Promise.all(on)), ...off]
}
