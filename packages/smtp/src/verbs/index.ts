import { auth } from './auth.ts'
import { bdat } from './bdat.ts'
import { data } from './data.ts'
import { ehlo, helo } from './hello.ts'
import { mail } from './mail.ts'
import { help, noop, notImplemented, quit, rset, vrfy } from './plain.ts'
import { rcpt } from './rcpt.ts'
import { starttls } from './starttls.ts'
import type { Verb } from './verb.ts'
import { xclient } from './xclient.ts'

const all: readonly Verb[] = [
  ehlo,
  helo,
  starttls,
  auth,
  mail,
  rcpt,
  data,
  bdat,
  rset,
  noop,
  help,
  vrfy,
  quit,
  xclient,
  notImplemented,
]

/** The commands by name. */
export const verbs: ReadonlyMap<string, Verb> = new Map(
  all.flatMap((verb) => verb.names.map((name) => [name, verb] as const)),
)
