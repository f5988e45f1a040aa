import os from 'node:os'
import type { Actor } from '@posthouse/store'

/** Who is at the command line, for the audit trail: the operating system's user. */
export function commandLineActor(): Actor {
  return { via: 'cli', user: userName() }
}

/** The first start of a data folder, for the audit trail. */
export function startActor(): Actor {
  return { via: 'start', user: userName() }
}

function userName(): string {
  try {
    return os.userInfo().username
  } catch {
    // A number without a name, as in containers.
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
