import { malformed, prepareField, type SaslMachine } from './machine.ts'

/**
 * LOGIN: the server asks for the name, then for the password (draft-murchison-sasl-login-00).
 * Obsolete, and still what Outlook sends. A first `step` without `start` takes the response for the
 * name: that is a client's initial response.
 */
export function login(): SaslMachine {
  let name: string | undefined
  let isOver = false
  return {
    name: 'LOGIN',
    start: () => ({ kind: 'continue', challenge: Buffer.from('Username:') }),
    step(response) {
      if (isOver) return malformed('the exchange is over')
      const text = prepareField(response)
      if (text === undefined) {
        isOver = true
        return malformed(`the ${name === undefined ? 'login' : 'password'} is not usable text`)
      }
      if (name === undefined) {
        name = text
        return { kind: 'continue', challenge: Buffer.from('Password:') }
      }
      isOver = true
      return { kind: 'credentials', authzid: '', login: name, password: text }
    },
  }
}
