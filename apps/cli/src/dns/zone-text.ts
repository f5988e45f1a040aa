import { splitRecordText } from '@posthouse/mail-auth'
import type { LiveState } from './live-state.ts'
import { levels, type WantedRecord } from './wanted-records.ts'

/** A wanted record, and what stands in DNS; nothing where nobody asked. */
export interface ShownRecord {
  readonly record: WantedRecord
  readonly live: LiveState | undefined
}

/** What should stand there: with what stands there already, where both must be one. */
export function valueOf({ record, live }: ShownRecord): string {
  return live?.value ?? record.value
}

const titles = {
  must: 'MUST: mail does not work without these',
  should: 'SHOULD: mail works better with these',
  nice: 'NICE: for mail programs that guess, or look elsewhere',
} as const

/**
 * Records as lines of a zone file (RFC 1035 §5.1), names in full. What cannot stand in this zone (the reverse name, our host where
 * it is another domain's) is a comment that says whose it is.
 */
export function zoneText(domain: string, records: readonly ShownRecord[]): string {
  return levels
    .map((level) => {
      const these = records.filter(({ record }) => record.level === level)
      return these.length === 0
        ? ''
        : [`; ${titles[level]}`, ...these.map((one) => line(domain, one))].join('\n')
    })
    .filter((text) => text !== '')
    .join('\n')
}

function line(domain: string, shown: ShownRecord): string {
  const { record, live } = shown
  const { name, type } = record
  const value = valueOf(shown)
  const data = type === 'TXT' ? splitRecordText(value.replaceAll(/["\\]/g, '\\$&')) : value
  const state = live === undefined ? '' : `  ; ${stateWords(live)}`
  if (type === 'PTR') return `; at your hosting company: reverse DNS of ${name} is ${value}${state}`
  const isHere = name === domain || name.endsWith(`.${domain}`)
  return `${isHere ? '' : '; in the zone that it belongs to: '}${name}. ${type} ${data}${state}`
}

/** A record's state in a few words, with a mark. */
export function stateWords(live: LiveState): string {
  const mark = { found: '✔', missing: '✖', different: '✖', unknown: '?' }[live.state]
  return `${mark} ${plainState(live)}`
}

/** A record and its state in a sentence. */
export function recordWords({ type, name }: WantedRecord, live: LiveState): string {
  return `${type} of ${name}: ${plainState(live)}`
}

function plainState({ state, found, because }: LiveState): string {
  if (state === 'found') return because === undefined ? 'found' : `found; ${because}`
  if (state === 'missing') return 'missing'
  const words = [because, found.length === 0 ? undefined : `found ${found.join(', ')}`]
  return words.filter((word) => word !== undefined).join('; ')
}
