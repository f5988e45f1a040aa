import { auth } from './auth.ts'
import { data } from './data.ts'
import { ehlo, helo } from './hello.ts'
import { mail } from './mail.ts'
import { help, noop, notImplemented, quit, rset, vrfy } from './plain.ts'
import { rcpt } from './rcpt.ts'
import { starttls } from './starttls.ts'
import type { Verb } from './verb.ts'

const all: readonly Verb[] = [
  ehlo,
  helo,
  starttls,
  auth,
  mail,
  rcpt,
  data,
  rset,
  noop,
  help,
  vrfy,
  quit,
  notImplemented,
]

/** The commands by name. */
export const verbs: ReadonlyMap<string, Verb> = new Map(
  all.flatMap((verb) => verb.names.map((name) => [name, verb] as const)),
)
