import type { Command } from '../session/command.ts'
import { append } from './append.ts'
import { authenticate } from './authenticate.ts'
import { capability } from './capability.ts'
import { check } from './check.ts'
import { close } from './close.ts'
import { compress } from './compress.ts'
import { copy, move } from './copy.ts'
import { create } from './create.ts'
import { remove } from './delete.ts'
import { enable } from './enable.ts'
import { expunge } from './expunge.ts'
import { fetch } from './fetch.ts'
import { id } from './id.ts'
import { idle } from './idle.ts'
import { list, lsub } from './list.ts'
import { login } from './login.ts'
import { logout } from './logout.ts'
import { namespace } from './namespace.ts'
import { noop } from './noop.ts'
import { getQuota, getQuotaRoot } from './quota.ts'
import { rename } from './rename.ts'
import { replace } from './replace.ts'
import { search } from './search.ts'
import { select } from './select.ts'
import { sort } from './sort.ts'
import { starttls } from './starttls.ts'
import { status } from './status.ts'
import { store } from './store.ts'
import { subscribe } from './subscribe.ts'
import { thread } from './thread.ts'
import { unselect } from './unselect.ts'
import { xlist } from './xlist.ts'

/** Every verb, once: capabilities, state checks and the command table follow from it. */
export const verbs: readonly Command[] = [
  capability,
  id,
  noop,
  logout,
  starttls,
  login,
  authenticate,
  compress,
  enable,
  namespace,
  list,
  lsub,
  xlist,
  subscribe,
  create,
  remove,
  rename,
  status,
  getQuota,
  getQuotaRoot,
  select,
  check,
  close,
  unselect,
  expunge,
  append,
  replace,
  search,
  sort,
  thread,
  fetch,
  store,
  copy,
  move,
  idle,
]
