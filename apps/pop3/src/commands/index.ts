import type { AnyVerb } from '../verb.ts'
import { auth } from './auth.ts'
import { capa } from './capa.ts'
import { dele } from './dele.ts'
import { lang } from './lang.ts'
import { list } from './list.ts'
import { noop } from './noop.ts'
import { pass } from './pass.ts'
import { quit } from './quit.ts'
import { retr } from './retr.ts'
import { rset } from './rset.ts'
import { stat } from './stat.ts'
import { stls } from './stls.ts'
import { top } from './top.ts'
import { uidl } from './uidl.ts'
import { user } from './user.ts'
import { utf8 } from './utf8.ts'

/** Every verb, in the order of the capability list. */
export const verbs: readonly AnyVerb[] = [
  capa,
  top,
  uidl,
  user,
  pass,
  auth,
  stls,
  utf8,
  lang,
  stat,
  list,
  retr,
  dele,
  rset,
  noop,
  quit,
]
