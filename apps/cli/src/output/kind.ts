import type { Item, Row } from './terminal.ts'
import { objectSchema, type FieldsOf, type JsonSchema, type Shapes } from './shape.ts'

/**
 * What commands print: `Account`, as `AccountList` where it is several. Declared once, beside the command; what the
 * command prints is typed by it, and docs/schemas publishes it.
 */
export interface Kind<F extends Row> {
  readonly name: string
  /** What it is, in a line. */
  readonly about: string
  /** Of one object's fields. */
  readonly schema: JsonSchema
  /** Never there: the fields' type. */
  readonly fields?: F
}

/** The fields of a kind. */
export type FieldsOfKind<K> = K extends Kind<infer F extends Row> ? F : never

/** One object of a kind. */
export type ItemOf<K> = Item<FieldsOfKind<K>>

/** `G` as it stands, if it has no name that `F` has not. */
export type Exact<F, G extends F> = G & { readonly [K in Exclude<keyof G, keyof F>]: never }

const declared = new Map<string, Kind<Row>>()

/** Names that a document's head has: a field of these would stand in their place. */
interface NoHead {
  readonly schema?: never
  readonly kind?: never
}

/** Declares a kind. A name is declared once. */
export function kind<const S extends Shapes>(
  name: string,
  about: string,
  shapes: S & NoHead,
): Kind<FieldsOf<S>> {
  if (declared.has(name)) throw new Error(`the kind ${name} is declared twice`)
  const made: Kind<FieldsOf<S>> = { name, about, schema: objectSchema(shapes) }
  declared.set(name, made)
  return made
}

/** The kinds of all modules that were loaded, by name. */
export function declaredKinds(): ReadonlyMap<string, Kind<Row>> {
  return declared
}
