import { malformed, prepareField, type SaslMachine, type SaslStep } from './machine.ts'

/**
 * PLAIN: `message = [authzid] UTF8NUL authcid UTF8NUL passwd` (RFC 4616 §2).
 *
 * Exactly two NULs: a third could make two readers see two different names (threat F6).
 */
export function plain(): SaslMachine {
  let isOver = false
  return {
    name: 'PLAIN',
    start: () => ({ kind: 'continue', challenge: Buffer.alloc(0) }),
    step(response) {
      if (isOver) return malformed('the exchange is over')
      isOver = true
      return readMessage(response)
    },
  }
}

function readMessage(message: Buffer): SaslStep {
  const first = message.indexOf(0)
  const second = first < 0 ? -1 : message.indexOf(0, first + 1)
  if (second < 0) return malformed('two NULs are missing')
  if (message.includes(0, second + 1)) return malformed('a NUL too many')
  const authzid = first === 0 ? '' : prepareField(message.subarray(0, first))
  const login = prepareField(message.subarray(first + 1, second))
  const password = prepareField(message.subarray(second + 1))
  if (authzid === undefined) return malformed('the authorization identity is not usable text')
  if (login === undefined) return malformed('the login is not usable text')
  if (password === undefined) return malformed('the password is not usable text')
  return { kind: 'credentials', authzid, login, password }
}
