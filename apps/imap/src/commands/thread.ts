import { space, threadArguments } from '@posthouse/imap-wire'
import { findMessages } from '../search/find-messages.ts'
import { beginSearch, searching, taken } from '../search/searching.ts'
import { command } from '../session/command.ts'
import { no, ok } from '../session/completion.ts'
import { inTurns } from '../session/in-turns.ts'
import { withRoom } from '../sort/with-room.ts'
import { formatThreads } from '../thread/format-threads.ts'
import { threadMessages } from '../thread/thread-messages.ts'

const tooMany = no('There are too many references among these messages', 'LIMIT')

/** THREAD and UID THREAD (RFC 5256 §3). The answer is the same with MODSEQ in the program (RFC 7162 §3.1.9). */
export const thread = command({
  names: ['THREAD', 'UID THREAD'],
  state: 'selected',
  capabilities: ['THREAD=ORDEREDSUBJECT', 'THREAD=REFERENCES'],
  holdsNumbers: true,
  parse(c, verb) {
    space(c)
    return { args: searching(c, threadArguments), byUid: verb.startsWith('UID') }
  },
  async *execute({ args, byUid }, reader) {
    const { selected, sorting } = reader
    const { algorithm, program } = taken(reader, args, undefined)
    const begun = beginSearch(reader, program, undefined)
    const found = yield* findMessages(reader, begun, 2)
    const threads = yield* withRoom(sorting, found, threadMessages(reader, found, algorithm))
    if (threads === undefined) return tooMany
    const number = (message: number): number => {
      const uid = found.uids[message] ?? 0
      return byUid ? uid : selected.numbers.seqOf(uid)
    }
    yield* inTurns(formatThreads(threads, number))
    return ok('Threaded')
  },
})
