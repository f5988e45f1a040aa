import { allBeyond, removesAllBeyond, setOf, withSet } from './keyword-sets.ts'
import { VarintReader, VarintWriter } from './varint.ts'

/**
 * One command's effective flag change: `changeFlags(flags, remove, add)` on these UIDs (ascending). Its modseq
 * is its row's modseq less the commands after it.
 */
export interface FlagCommand {
  readonly remove: number
  readonly add: number
  readonly uids: Uint32Array
}

/** What one expunge took away, by ascending UID: undelete needs flags and ids after the flag rows are trimmed. */
export interface ExpungeRecord {
  readonly uids: Uint32Array
  readonly flags: Float64Array
  readonly messageIds: Float64Array
}

/** Packs the commands of one log row of kind `flags`. */
export function packFlagCommands(commands: readonly FlagCommand[]): Buffer {
  const out = new VarintWriter()
  out.write(commands.length)
  for (const command of commands) {
    out.write(command.remove >>> 0)
    out.write(command.add >>> 0)
    writeUids(out, command.uids)
  }
  for (const [i, { remove, add }] of commands.entries()) {
    if (remove < word && add < word) continue
    out.write(i)
    if (removesAllBeyond(remove)) out.write(0)
    else writeSet(out, remove, 1)
    writeSet(out, add)
  }
  return out.finish()
}

/** Reads a log row of kind `flags`. */
export function unpackFlagCommands(payload: Uint8Array): readonly FlagCommand[] {
  const from = new VarintReader(payload)
  const commands: FlagCommand[] = []
  for (let left = from.read(); left > 0; left--) {
    commands.push({ remove: from.read(), add: from.read(), uids: readUids(from) })
  }
  while (!from.isAtEnd) {
    const i = from.read()
    const command = commands[i]
    if (command === undefined) throw new RangeError('a packed flag command is damaged')
    const removed = from.read()
    const remove =
      removed === 0
        ? command.remove + allBeyond
        : withSet(command.remove, readIds(from, removed - 1))
    commands[i] = { ...command, remove, add: withSet(command.add, readIds(from, from.read())) }
  }
  return commands
}

/** Packs a log row of kind `expunge`. */
export function packExpunge(record: ExpungeRecord): Buffer {
  const out = new VarintWriter()
  writeUids(out, record.uids)
  for (const flags of record.flags) out.write(flags >>> 0)
  let before = 0
  for (const id of record.messageIds) {
    out.writeSigned(id - before)
    before = id
  }
  writeSets(out, record.flags)
  return out.finish()
}

/** Reads a log row of kind `expunge`. */
export function unpackExpunge(payload: Uint8Array): ExpungeRecord {
  const from = new VarintReader(payload)
  const uids = readUids(from)
  const flags = Float64Array.from(uids, () => from.read())
  let id = 0
  const messageIds = Float64Array.from(uids, () => (id += from.readSigned()))
  readSets(from, flags)
  return { uids, flags, messageIds }
}

/** What is above a flag word is not of it. */
const word = 0x1_0000_0000

/**
 * Keywords beyond the flag word, sparse and last in what they belong to, so that octets without any are as they were before
 * there were such keywords: for each message that has some, its index, how many, their ids.
 */
export function writeSets(out: VarintWriter, flags: Float64Array): void {
  for (const [i, value] of flags.entries()) {
    if (value < word) continue
    out.write(i)
    writeSet(out, value)
  }
}

/** Reads to the end of the octets what `writeSets` wrote, and puts it above these flag words. */
export function readSets(from: VarintReader, flags: Float64Array): void {
  while (!from.isAtEnd) {
    const i = from.read()
    if (i >= flags.length) throw new RangeError('packed keywords are damaged')
    flags[i] = withSet(flags[i] ?? 0, readIds(from, from.read()))
  }
}

function writeSet(out: VarintWriter, flags: number, more = 0): void {
  const ids = setOf(flags)
  out.write(ids.length + more)
  for (const id of ids) out.write(id)
}

function readIds(from: VarintReader, count: number): readonly number[] {
  if (count > maxIds) throw new RangeError('packed keywords are damaged')
  return Array.from({ length: count }, () => from.read())
}

/** Far above what an account may have; more means damage. */
const maxIds = 32_767

/** Ranges: how many, then for each the gap since the last one and its length less one. */
function writeUids(out: VarintWriter, uids: Uint32Array): void {
  const ranges: number[] = []
  let end = 0
  let start = 0
  let expected = -1
  for (const uid of uids) {
    if (uid !== expected) {
      if (expected !== -1) ranges.push(start - end, expected - 1 - start)
      if (expected !== -1) end = expected - 1
      start = uid
    }
    expected = uid + 1
  }
  if (expected !== -1) ranges.push(start - end, expected - 1 - start)
  out.write(ranges.length / 2)
  for (const value of ranges) out.write(value)
}

/** A row names at most as many UIDs as a mailbox may hold; more means damage. */
const maxUids = 50_000_000

function readUids(from: VarintReader): Uint32Array {
  const ranges: number[] = []
  let total = 0
  let end = 0
  for (let left = from.read(); left > 0; left--) {
    const start = end + from.read()
    end = start + from.read()
    total += end - start + 1
    if (total > maxUids) throw new RangeError('packed UID set is damaged')
    ranges.push(start, end)
  }
  const uids = new Uint32Array(total)
  let at = 0
  for (let i = 0; i < ranges.length; i += 2) {
    const last = ranges[i + 1] ?? 0
    for (let uid = ranges[i] ?? 0; uid <= last; uid++) uids[at++] = uid
  }
  return uids
}
