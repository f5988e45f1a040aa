import { compressArguments, end, space } from '@posthouse/imap-wire'
import { command } from '../session/command.ts'
import { bad, ok } from '../session/completion.ts'
import { refusal } from '../session/refusals.ts'

/** COMPRESS. RFC 4978 §3. After sign-in only, so that no password is ever compressed with what an attacker chose. */
export const compress = command({
  names: ['COMPRESS'],
  state: 'member',
  capabilities: ['COMPRESS=DEFLATE'],
  extension: () => 'COMPRESS=DEFLATE',
  parse(c) {
    space(c)
    const mechanism = compressArguments(c)
    end(c)
    return mechanism
  },
  async execute(mechanism, { isCompressed }) {
    if (mechanism !== 'DEFLATE') return bad('This compression is not offered')
    if (isCompressed) return refusal.compressed
    return ok('Compressing', undefined, { kind: 'compressed' })
  },
})
