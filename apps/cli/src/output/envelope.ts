import { listNameOf, schema, type Row } from './terminal.ts'
import {
  integer,
  number,
  listOf,
  object,
  oneOf,
  orNull,
  recordOf,
  string,
  type JsonSchema,
} from './shape.ts'

/** What stands on standard error where JSON was asked for and a command fails. */
export const errorLine = object({
  error: object({ code: string, message: string, hint: orNull(string), exit: integer }),
})

/** What stands there now and then while it works, a line each. */
export const progressLine = object({ progress: recordOf(number) })

/** An object's document: the kind's fields beside these. */
export function objectDocument(name: string, fields: JsonSchema): JsonSchema {
  const head = object({ schema: oneOf(schema), kind: oneOf(name) })
  return { allOf: [head.schema, fields] }
}

/** A list's document. `next` is kept for lists that come in pages. */
export function listDocument(name: string, fields: JsonSchema): JsonSchema {
  const items = listOf<Row>({ schema: fields })
  return object({
    schema: oneOf(schema),
    kind: oneOf(listNameOf(name)),
    items,
    next: orNull(string),
  }).schema
}
