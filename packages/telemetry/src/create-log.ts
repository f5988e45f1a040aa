import { pino, stdTimeFunctions, type Logger } from 'pino'
import type { Fields, Log } from './log.ts'
import { metrics } from './metrics/registry.ts'
import { formatText } from './format-text.ts'

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
  const write =
    options.format === 'text'
      ? (line: string) => void target.write(formatText(line))
      : (line: string) => void target.write(line)
  const logger = pino(
    {
      level: options.level,
      base: options.app === undefined ? null : { app: options.app },
      messageKey: 'event',
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: describeError },
      redact: { paths: redacted, censor: '[redacted]' },
    },
    { write },
  )
  return wrap(logger)
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

function wrap(logger: Logger): Log {
  return {
    trace: (event, fields = {}) => logger.trace(fields, event),
    debug: (event, fields = {}) => logger.debug(fields, event),
    info: (event, fields = {}) => logger.info(fields, event),
    warn(event, fields = {}) {
      lines.add({ level: 'warn' })
      logger.warn(fields, event)
    },
    error(event, fields = {}) {
      lines.add({ level: 'error' })
      logger.error(fields, event)
    },
    child: (fields: Fields) => wrap(logger.child(fields)),
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
