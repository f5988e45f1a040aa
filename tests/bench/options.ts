import { parseArgs } from 'node:util'
import type { Scale } from './measure.ts'

/** Peers that can be asked for. */
export const peerNames = ['postfix-dovecot', 'postfix-dovecot-maildir', 'haraka'] as const

/** One of them. */
export type PeerName = (typeof peerNames)[number]

/** What the bench was asked for. */
export interface BenchOptions {
  /** All of them where none was named. */
  readonly measures: readonly string[]
  readonly peers: readonly PeerName[]
  readonly rounds: number
  readonly scale: Scale
  readonly isJson: boolean
  /** Only draws what earlier runs gave. */
  readonly isReport: boolean
  /** Writes the figures under `results/`. */
  readonly isKept: boolean
  /** `filter` with its tokens in Postgres. */
  readonly isInPostgres: boolean
}

/** How the bench is called. */
export const usage =
  'npm run bench -- [measure…] [--peers postfix-dovecot,postfix-dovecot-maildir,haraka] [--rounds 5] [--quick] [--json] [--no-keep]\nnpm run bench -- filter [--postgres] [--json] [--no-keep] [--peers ""]\nnpm run bench -- report'

/**
 * Reads the command line.
 * @throws Error with words for the person who typed it
 */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      peers: { type: 'string', default: 'postfix-dovecot' },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      smoke: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      'no-keep': { type: 'boolean', default: false },
      postgres: { type: 'boolean', default: false },
    },
  })
  const scale = values.smoke ? 'smoke' : values.quick ? 'quick' : 'full'
  const rounds = Number(values.rounds ?? { full: 5, quick: 3, smoke: 1 }[scale])
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 50) throw new Error('--rounds 1 to 50')
  return {
    measures: positionals.filter((word) => word !== 'report'),
    peers: values.peers === '' ? [] : values.peers.split(',').map(peerNamed),
    rounds,
    scale,
    isJson: values.json,
    isReport: positionals[0] === 'report',
    isKept: !values['no-keep'] && scale !== 'smoke',
    isInPostgres: values.postgres,
  }
}

function peerNamed(word: string): PeerName {
  const found = peerNames.find((name) => name === word)
  if (found === undefined) throw new Error(`there is no peer "${word}": ${peerNames.join(', ')}`)
  return found
}
