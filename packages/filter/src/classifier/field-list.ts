import { registrable } from '../view/domains.ts'
import { unfold, type HeaderField } from '@posthouse/message'
import { maxFields, maxValueLength } from './limits.ts'

/** A header field as tokens are made of it. */
export interface Field {
  /** Lower case. */
  readonly name: string
  /** Unfolded, white space as one space, not decoded, cut off. */
  readonly value: string
}

/** The fields that are looked at, in their order. */
export function fieldList(headers: readonly HeaderField[]): readonly Field[] {
  return headers.slice(0, maxFields).map(({ name, value }) => ({
    name: name.toLowerCase(),
    value: unfold(value.subarray(0, maxValueLength)).replace(/\s+/g, ' ').trim(),
  }))
}

/** The first field of a name; empty where there is none. */
export function firstOf(fields: readonly Field[], name: string): string {
  return fields.find((field) => field.name === name)?.value ?? ''
}

/** The registrable domain of the first address in a text; empty where there is none. */
export function ownerIn(text: string): string {
  return registrable((/@([\w.-]+)/.exec(text)?.[1] ?? '').toLowerCase())
}

/** The shape of a text: capitals, small letters and digits, as many as come in a row, stand as one. */
export function shapeOf(text: string): string {
  return text
    .replace(/[A-Z]+/g, 'A')
    .replace(/[a-z]+/g, 'a')
    .replace(/\d+/g, '9')
}
