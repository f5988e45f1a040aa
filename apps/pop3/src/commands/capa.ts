import { nothing } from '../arguments.ts'
import { listing } from '../completion.ts'
import { command } from '../verb.ts'

/** CAPA. RFC 2449 §5. */
export const capa = command({
  name: 'CAPA',
  state: 'any',
  usage: 'CAPA',
  parse: nothing,
  execute: async (_, context) => listing('Capabilities follow.', await context.capabilities()),
})
