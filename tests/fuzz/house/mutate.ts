import type { Random } from './random.ts'

/** What parsers stumble over, as latin1. */
const splinters = [
  '\r\n', '\n', '\r', '\0', ' ', '  ', '"', '\\', '(', ')', '{', '}', '{5}\r\n', '{5+}\r\n', '<', '>', '@',
  ':', ',', '*', '%', '.', '.\r\n', '\r\n.\r\n', '\xff', '\xc3\xa9', '&', '=', '+', '-1', '0',
  '4294967296', '99999999999999999999', 'NIL', 'A'.repeat(300),
] as const // prettier-ignore

/** One small damage to what a client sends; the same for the same numbers. */
export function mutate(session: string, random: Random): string {
  const at = random.below(session.length + 1)
  const length = random.below(12)
  switch (random.below(6)) {
    case 0:
      return session.slice(0, at) + random.pick(splinters) + session.slice(at)
    case 1:
      return session.slice(0, at) + session.slice(at + length)
    case 2:
      return session.slice(0, at) + random.pick(splinters) + session.slice(at + length)
    case 3:
      return session.slice(0, at) + String.fromCharCode(random.below(256)) + session.slice(at + 1)
    case 4:
      return session.slice(0, at) + session.slice(at, at + length).repeat(3) + session.slice(at)
    default:
      return session.slice(0, at)
  }
}
