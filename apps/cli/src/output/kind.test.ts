import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kind } from './kind.ts'
import { integer, listOf, object, optional, orNull, string } from './shape.ts'
import type { Terminal } from './terminal.ts'

const pet = kind('TestPet', 'a pet, for this test alone', {
  name: string,
  owner: orNull(string),
  legs: integer,
  secret: optional(string),
  toys: listOf(object({ colour: string })),
  '*State': string,
})
const fields = { name: 'Rex', owner: null, legs: 4, toys: [{ colour: 'red' }], barkState: 'loud' }

/** Compiled, never run: an error that is expected and missing is an error. */
function printed(terminal: Terminal): void {
  const wrong = { ...fields, tail: 1 }
  const { toys: _, ...short } = fields
  terminal.object(pet, { id: 'Rex', fields })
  terminal.object(pet, { id: 'Rex', fields: { ...fields, secret: 'bone' } })
  // @ts-expect-error there is no such field
  terminal.object(pet, { id: 'Rex', fields: wrong })
  // @ts-expect-error a field is missing
  terminal.object(pet, { id: 'Rex', fields: short })
  // @ts-expect-error a field is of another type
  terminal.object(pet, { id: 'Rex', fields: { ...fields, legs: 'four' } })
  // @ts-expect-error there is no such column
  terminal.list(pet, [{ id: 'Rex', fields }], ['nmae'])
  // @ts-expect-error there is no such field
  terminal.list(pet, [{ id: 'Rex', fields: wrong }], ['name'])
}

test('what a kind does not know does not compile', () => {
  assert.equal(typeof printed, 'function')
})

test('a kind is a JSON Schema: what may be missing is not required, and names may be data', () => {
  const { properties, patternProperties, required } = pet.schema
  assert.deepEqual(required, ['name', 'owner', 'legs', 'toys'])
  assert.deepEqual(Object.keys(properties ?? {}), ['name', 'owner', 'legs', 'secret', 'toys'])
  assert.deepEqual(patternProperties, { '.State$': { type: 'string' } })
})

test('a kind is declared once', () => {
  assert.throws(() => kind('TestPet', 'another', {}), /declared twice/)
})
