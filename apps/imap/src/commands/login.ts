import { Secret } from '@posthouse/config'
import { end, loginArguments, space } from '@posthouse/imap-wire'
import { command } from '../session/command.ts'

/** LOGIN. RFC 3501 §6.2.3. */
export const login = command({
  names: ['LOGIN'],
  state: 'stranger',
  parse(c) {
    space(c)
    const { login: name, password } = loginArguments(c)
    end(c)
    // One spelling for what people type (RFC 8265 §4.2.2), as AUTHENTICATE has it too.
    return { name: name.normalize('NFC'), password: new Secret(password.normalize('NFC')) }
  },
  async execute({ name, password }, guest) {
    return guest.signIn(name, password)
  },
})
