import { pino, stdTimeFunctions, type Logger } from 'pino'
import type { Fields, Log } from './log.ts'
import { metrics } from './metrics/registry.ts'
import { formatText } from './format-text.ts'
import { logDesk, type LogLevelName } from './log-desk.ts'

/** What a log is made of. */
export interface LogOptions {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** `json`: a line of JSON per event; `text`: for a terminal. Default `json`. */
  readonly format?: 'json' | 'text'
  /** Where the lines go: standard error when absent. */
  readonly destination?: { write(line: string): unknown }
  /** The app's name, on every line. */
  readonly app?: string
}

const lines = metrics.counter('log_events_total', {
  help: 'Lines of the log that tell of trouble; an error is a bug, or something that an operator must act on.',
  byApp: true,
  labels: { level: ['warn', 'error'] },
})

/** Field names whose values are never written, whatever a caller passes. */
const redacted = ['password', 'secret', 'authorization', 'token'].flatMap((name) => [
  name,
  `*.${name}`,
])

/**
 * Makes a log. Lines are JSON objects `{"level","time","app",…,"event"}`; control characters are
 * escaped by the encoding, so that no peer can forge a line.
 */
export function createLog(options: LogOptions): Log {
  const target = options.destination ?? process.stderr
  const format = options.format === 'text' ? formatText : (line: string) => line
  const gate: Gate = { level: levelNumbers[options.level], isWritten: true, isHeard: false }
  const write = (line: string): void => {
    if (gate.isWritten) target.write(format(line))
    if (gate.isHeard !== false) logDesk.hear(line, gate.isHeard)
  }
  const logger = pino(
    {
      // What is let through is decided before, by `Gate`: levels change while the process runs.
      level: 'trace',
      base: options.app === undefined ? null : { app: options.app },
      messageKey: 'event',
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: describeError },
      redact: { paths: redacted, censor: '[redacted]' },
    },
    { write },
  )
  return wrap(logger, gate, options.app ?? '')
}

/** What becomes of the line that is made now. One log, its children and its destination share it; all of it is synchronous. */
interface Gate {
  /** The configured level. */
  readonly level: number
  isWritten: boolean
  /** Its level, where somebody listens. */
  isHeard: LogLevelName | false
}

const levelNumbers = { trace: 0, debug: 1, info: 2, warn: 3, error: 4, silent: 5 } as const

/** Whether a line is to be made, and what becomes of it. */
function lets(gate: Gate, level: LogLevelName, event: string, app: string): boolean {
  const number = levelNumbers[level]
  if (logDesk.isAtRest) {
    gate.isWritten = number >= gate.level
    gate.isHeard = false
    return gate.isWritten
  }
  const set = logDesk.levelOf(event, app)
  gate.isWritten = number >= (set === undefined ? gate.level : levelNumbers[set])
  gate.isHeard = logDesk.isHeard(level) ? level : false
  return gate.isWritten || gate.isHeard !== false
}

/** A log that says nothing. */
export const silentLog: Log = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
}

function wrap(logger: Logger, gate: Gate, app: string): Log {
  const say = (level: LogLevelName, event: string, fields: Fields = {}): void => {
    if (lets(gate, level, event, app)) logger[level](fields, event)
  }
  return {
    trace: (event, fields) => say('trace', event, fields),
    debug: (event, fields) => say('debug', event, fields),
    info: (event, fields) => say('info', event, fields),
    warn(event, fields) {
      lines.add({ level: 'warn' })
      say('warn', event, fields)
    },
    error(event, fields) {
      lines.add({ level: 'error' })
      say('error', event, fields)
    },
    child: (fields: Fields) =>
      wrap(logger.child(fields), gate, typeof fields['app'] === 'string' ? fields['app'] : app),
  }
}

/** An error as fields: what it is, its code, where it came from. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? { code: error.code } : {}
  const cause = error.cause === undefined ? {} : { cause: describeCause(error.cause) }
  return { name: error.name, message: error.message, ...code, ...cause, stack: error.stack }
}

function describeCause(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : JSON.stringify(cause)
}
