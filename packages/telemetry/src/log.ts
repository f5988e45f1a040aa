/** Values that tell about an event. Never secrets, message text, or whole commands. */
export type Fields = Readonly<Record<string, unknown>>

/**
 * A structured log. The event's name comes first: dotted, stable, lower case
 * (`smtp.rcpt.refused`); everything that varies is a field.
 */
export interface Log {
  trace(event: string, fields?: Fields): void
  debug(event: string, fields?: Fields): void
  info(event: string, fields?: Fields): void
  warn(event: string, fields?: Fields): void
  error(event: string, fields?: Fields): void
  /** A log whose every line carries these fields too (connection id, account …). */
  child(fields: Fields): Log
}
