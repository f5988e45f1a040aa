import { z } from 'zod'
import { ConfigError } from './config-error.ts'
import { nearest } from './nearest.ts'
import { variableOf } from './overlay.ts'
import { fileSchema } from './schema.ts'

/** The first finding of the check as a sentence about one key, with what to do. */
export function explain(error: z.ZodError, file: string): ConfigError {
  const issue = error.issues[0]
  if (issue === undefined) return new ConfigError('the configuration is not valid', `See ${file}.`)
  if (issue.code === 'unrecognized_keys') return unknownKey(issue.path, issue.keys[0] ?? '', file)
  const key = dotted(issue.path)
  const variable = variableOf(dotted(issue.path.filter((part) => typeof part === 'string')))
  const hint =
    variable === undefined ? `It stands in ${file}.` : `It is set in ${file} or by ${variable}.`
  return new ConfigError(`${key} ${sentence(issue.message)}`, hint)
}

function sentence(message: string): string {
  return /^(must|is|needs)/.test(message) ? message : `is not valid: ${message}`
}

function dotted(path: readonly PropertyKey[]): string {
  return path.map(String).join('.')
}

function unknownKey(path: readonly PropertyKey[], key: string, file: string): ConfigError {
  const name = dotted([...path, key])
  const near = nearest(key, keysAt(path))
  const elsewhere = near === undefined ? tableWith(key) : undefined
  const meant = near === undefined ? elsewhere : dotted([...path, near])
  const hint =
    meant === undefined
      ? `Remove it; the keys here are ${keysAt(path).join(', ')}.`
      : `Did you mean ${meant}?`
  return new ConfigError(`unknown key ${name} in ${file}`, hint)
}

function keysAt(path: readonly PropertyKey[]): string[] {
  if (path.length === 0) return Object.keys(fileSchema.shape)
  return Object.keys(tables().get(dotted(path)) ?? {})
}

/** A key that is right but stands in the wrong table. */
function tableWith(key: string): string | undefined {
  for (const [table, shape] of tables()) if (key in shape) return `${table}.${key}`
  return undefined
}

function tables(): Map<string, object> {
  const found = new Map<string, object>()
  for (const [name, schema] of Object.entries(fileSchema.shape)) {
    const inner = schema.unwrap()
    if (inner instanceof z.ZodObject) found.set(name, inner.shape)
  }
  return found
}
