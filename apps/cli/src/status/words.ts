import { spanText } from '../commands/span-text.ts'
import { formatTable } from '../output/table.ts'
import type { Facts, Figures } from './facts.ts'
import { formatListener } from './fields.ts'

/** What `status` says to people: lines, and the commands that they may want next. */
export interface StatusWords {
  readonly lines: readonly string[]
  readonly next: readonly string[]
}

/** The facts for people. */
export function wordsOf(facts: Facts): StatusWords {
  const { suite, figures, dane } = facts
  const head = [
    processTable(facts),
    '',
    `Posthouse ${suite.version} as ${suite.hostname}, since ${suite.startedAt}`,
    `data folder ${suite.dataDir}, ${diskText(facts)}`,
  ]
  if (figures === undefined)
    return { lines: head, next: ['posthouse status   (the database is away)'] }
  const lines = [
    ...head,
    `accounts: ${figures.accounts}; ${queueText(figures)}`,
    ...sessionLines(facts),
    ...careLines(figures),
    ...troubleLines(figures),
    ...(dane === 'off' ? ['DANE: off, the DNS servers do not validate (posthouse doctor)'] : []),
  ]
  return { lines, next: nextOf(figures) }
}

function processTable({ suite, figures }: Facts): string {
  const { apps, database } = suite
  const rows = apps.map((app) => [
    app.name,
    app.state,
    String(app.pid ?? '-'),
    String(app.restarts),
    app.lastEnd ?? '-',
    app.listeners.map(formatListener).join(', ') || '-',
  ])
  rows.push([
    'postgres',
    figures === undefined ? `${database.state}, does not answer` : database.state,
    String(database.pid ?? '-'),
    String(database.restarts),
    database.lastEnd ?? '-',
    `${database.kind === 'embedded' ? 'embedded' : 'DATABASE_URL'}${answerText(figures)}`,
  ])
  return formatTable(['what', 'state', 'pid', 'restarts', 'last end', 'where'], rows, false)
}

function answerText(figures: Figures | undefined): string {
  return figures === undefined ? '' : `, answers in ${figures.databaseMs} ms`
}

/** `12.3 GiB (61 %) free`. */
function diskText({ disk }: Facts): string {
  return `${(disk.freeBytes / 1024 ** 3).toFixed(1)} GiB (${disk.freePercent} %) free`
}

/** `queue: 3 waiting, 1 deferred, 2 held, oldest 4h; paused: example.org`. */
function queueText(figures: Figures): string {
  const { queueWaiting, queueDeferred, queueHeld, queueOldestSeconds, queuePaused } = figures
  const oldest =
    queueOldestSeconds === undefined ? '' : `, oldest ${spanText(queueOldestSeconds * 1000)}`
  const paused = queuePaused.length === 0 ? '' : `; paused: ${queuePaused.join(', ')}`
  const counts = `${queueWaiting} waiting, ${queueDeferred} deferred, ${queueHeld} held`
  return `queue: ${counts}${oldest}${paused}`
}

function sessionLines({ sessions }: Facts): readonly string[] {
  if (sessions === undefined) return []
  const { imap, pop3, submission } = sessions
  return [`sessions: ${imap} IMAP, ${pop3} POP3, ${submission} submission`]
}

function careLines({ certificateDays, lastBackup }: Figures): readonly string[] {
  const certificate =
    certificateDays === undefined
      ? []
      : certificateDays < 0
        ? [`certificate: ended ${-certificateDays} days ago (posthouse doctor --only tls)`]
        : [`certificate: good for ${certificateDays} days`]
  const backup =
    lastBackup === undefined
      ? 'last backup: none (posthouse backup create FOLDER)'
      : `last backup: ${spanText(Date.now() - lastBackup.getTime())} ago`
  return [...certificate, backup]
}

function troubleLines(figures: Figures): readonly string[] {
  const { signingProblem, virusScanner, forwardsPaused, contained } = figures
  return [
    ...(signingProblem === undefined
      ? []
      : [`mail waits that cannot be signed: ${signingProblem}`]),
    ...(virusScanner === '' ? ['virus scanner: none is configured (posthouse filter status)'] : []),
    ...(forwardsPaused.length === 0
      ? []
      : [`not passed on, because it is refused: ${forwardsPaused.join(', ')}`]),
    ...(contained.length === 0 ? [] : [`stopped from sending: ${contained.join(', ')}`]),
  ]
}

function nextOf({ accounts, contained, forwardsPaused }: Figures): readonly string[] {
  return [
    ...(forwardsPaused.length > 0 ? ['posthouse forward show ADDRESS'] : []),
    ...(contained.length > 0 ? ['posthouse account sending'] : []),
    ...(accounts === 0 ? ['posthouse account add you@example.test --generate'] : []),
  ]
}
