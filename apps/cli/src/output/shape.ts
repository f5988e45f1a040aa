import type { Field } from './terminal.ts'

/** A JSON Schema (draft 2020-12). */
export interface JsonSchema {
  readonly [keyword: string]: unknown
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>
}

/** A value's form: a JSON Schema for programs that read our output, a type for us who write it. */
export interface Shape<T> {
  readonly schema: JsonSchema
  /** Never there: the type alone. */
  readonly type?: T
}

/** A field that may be missing. */
export interface OptionalShape<T> extends Shape<T> {
  readonly isOptional: true
}

/** Names and their forms. `*State` stands for every name that ends so. */
export type Shapes = Readonly<Record<string, Shape<Field>>>

type TypeOf<S> = S extends Shape<infer T> ? T : never
type NameOf<K> = K extends `*${infer End}` ? `${string}${End}` : K
type OptionalNames<S> = { [K in keyof S]: S[K] extends OptionalShape<unknown> ? K : never }[keyof S]

/** The type of what has these names and forms. */
export type FieldsOf<S extends Shapes> = {
  readonly [K in Exclude<keyof S, OptionalNames<S>> as NameOf<K>]: TypeOf<S[K]>
} & { readonly [K in OptionalNames<S>]?: TypeOf<S[K]> }

/** Words. Control characters of strangers may be in them. */
export const string: Shape<string> = { schema: { type: 'string' } }

/** A time: RFC 3339, UTC. */
export const dateTime: Shape<string> = { schema: { type: 'string', format: 'date-time' } }

/** A count, or a size in octets. */
export const integer: Shape<number> = { schema: { type: 'integer', minimum: 0 } }

/** Any number. */
export const number: Shape<number> = { schema: { type: 'number' } }

/** Words, or a number: the value of a setting. */
export const stringOrNumber: Shape<string | number> = {
  schema: { type: ['string', 'number'] },
}

/** Yes or no. */
export const boolean: Shape<boolean> = { schema: { type: 'boolean' } }

/** Whatever it is. */
export const anything: Shape<Field> = { schema: {} }

/** One of these words. */
export function oneOf<const T extends string>(...words: readonly T[]): Shape<T> {
  return { schema: { enum: words } }
}

/** This, or null: there is none, or nobody knows. */
export function orNull<T>({ schema }: Shape<T>): Shape<T | null> {
  return { schema: { anyOf: [schema, { type: 'null' }] } }
}

/** May be missing. */
export function optional<T>({ schema }: Shape<T>): OptionalShape<T> {
  return { schema, isOptional: true }
}

/** A list of these. */
export function listOf<T>({ schema }: Shape<T>): Shape<readonly T[]> {
  return { schema: { type: 'array', items: schema } }
}

/** An object with these names. */
export function object<const S extends Shapes>(shapes: S): Shape<FieldsOf<S>> {
  return { schema: objectSchema(shapes) }
}

/** An object whose names are data. */
export function recordOf<T>({ schema }: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return { schema: { type: 'object', additionalProperties: schema } }
}

/** The schema of an object with these names. It is open: a later version may know more. */
export function objectSchema(shapes: Shapes): JsonSchema {
  const all = Object.entries(shapes)
  const named = all.filter(([name]) => !name.startsWith('*'))
  const ending = all.filter(([name]) => name.startsWith('*'))
  return {
    type: 'object',
    properties: Object.fromEntries(named.map(([name, { schema }]) => [name, schema])),
    ...(ending.length > 0 && {
      patternProperties: Object.fromEntries(
        ending.map(([name, { schema }]) => [`.${name.slice(1)}$`, schema]),
      ),
    }),
    required: named.filter(([, shape]) => !('isOptional' in shape)).map(([name]) => name),
  }
}
