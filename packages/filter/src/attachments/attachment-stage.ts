import { type MimePart, partOctets } from '@posthouse/message'
import type { FilterMessage } from '../filter-message.ts'
import { MAX_LEAVES } from '../limits.ts'
import { mimeView } from '../mime/mime-view.ts'
import { isAmbiguous } from '../mime/structure-rules.ts'
import type { Stage } from '../stage.ts'
import { leavesOf } from '../view/leaves.ts'
import { Budget } from './budget.ts'
import { everyView } from './every-view.ts'
import { holdsProgram, uuencoded } from './hidden.ts'
import { Inspection } from './inspect.ts'
import { DISK_BYTES } from './magic.ts'
import { namesOf } from './names.ts'
import { type AttachmentPolicy, byPolicy, DEFAULT_ATTACHMENT_POLICY } from './policy.ts'
import { sign } from './signs.ts'

/**
 * What is attached, by every name and by the octets themselves, archives opened up to a bound. What lies beyond a bound is said
 * (`SCAN_LIMIT`), never passed over. Inflating is done by zlib's threads; the rest is bounded by octets and by time.
 */
export function attachmentStage(policy: Partial<AttachmentPolicy> = {}): Stage {
  const whole = { ...DEFAULT_ATTACHMENT_POLICY, ...policy }
  return {
    name: 'attachments',
    directions: ['inbound', 'outbound'],
    deadlineMs: 30_000,
    onFailure: 'tag',
    async examine(message, signal) {
      const budget = new Budget(signal)
      const inspection = new Inspection(budget)
      const leaves = leavesOf(message.root, MAX_LEAVES)
      for (const leaf of leaves.kept) await inspectLeaf(message.octets, leaf, inspection, budget)
      if (leaves.areMore) inspection.signs.push(sign('SCAN_LIMIT', 'more parts than are looked at'))
      if (isAmbiguous(mimeView(message))) {
        for (const specimen of everyView(message.octets)) await inspection.inspect(specimen)
      }
      await inspectHidden(message, inspection)
      return byPolicy(inspection.signs, whole)
    },
  }
}

/** One part, decoded in every way that some reader would. */
async function inspectLeaf(
  octets: Buffer,
  leaf: MimePart,
  inspection: Inspection,
  budget: Budget,
): Promise<void> {
  const names = namesOf(leaf)
  if (isPlainText(leaf) && names.length === 0) return
  for (const encoding of encodingsOf(octets, leaf)) {
    const part = { ...leaf, encoding }
    await inspection.inspect({
      names: namedByType(leaf, names),
      head: headOf(octets, part),
      whole: () => wholeOf(octets, part, budget),
      depth: 0,
    })
  }
}

/** The declared encoding; base64 besides where the lines are base64 and it is not declared so (or is declared twice). */
function encodingsOf(octets: Buffer, { body, encoding }: MimePart): readonly string[] {
  if (encoding.toLowerCase() === 'base64') return [encoding]
  return BASE64_LINES.test(
    octets.toString('latin1', body.start, Math.min(body.end, body.start + 400)),
  )
    ? [encoding, 'base64']
    : [encoding]
}

function headOf(octets: Buffer, part: MimePart): Buffer {
  const { start, end } = part.body
  return partOctets(octets, { ...part, body: { start, end: Math.min(end, start + HEAD_ENCODED) } })
}

function wholeOf(octets: Buffer, part: MimePart, budget: Budget): Buffer {
  budget.open(part.body.end - part.body.start)
  return partOctets(octets, part)
}

/** A part without a name that says it is HTML and an attachment is opened as a page all the same. */
function namedByType(
  { type, subtype, disposition }: MimePart,
  names: readonly string[],
): readonly string[] {
  const isPage =
    names.length === 0 &&
    type.toLowerCase() === 'text' &&
    subtype.toLowerCase() === 'html' &&
    disposition?.type.toLowerCase() === 'attachment'
  return isPage ? ['unnamed.html'] : names
}

/** Text that is shown is no attachment. */
function isPlainText({ type, disposition }: MimePart): boolean {
  return type.toLowerCase() === 'text' && disposition?.type.toLowerCase() !== 'attachment'
}

/**
 * Programs where no part is: in a preamble, behind the last part, in uuencoded text. Some readers find parts there, and ask
 * nobody what the standard says.
 */
async function inspectHidden({ octets }: FilterMessage, inspection: Inspection): Promise<void> {
  for (const specimen of uuencoded(octets)) await inspection.inspect(specimen)
  const { signs } = inspection
  const isSeen = signs.some(
    ({ class: kind }) => kind === 'executable' || kind === 'archived-executable',
  )
  if (!isSeen && holdsProgram(octets)) signs.push(sign('EXECUTABLE_HIDDEN_IN_MIME'))
}

/** A multiple of 4, so that base64 is not cut inside a group (76 characters and CRLF a line), and more than disk images need. */
const HEAD_ENCODED = Math.ceil((DISK_BYTES * 4) / 3 / 76 + 2) * 78
const BASE64_LINES =
  /^\s{0,20}[A-Za-z0-9+/]{60,76}\r?\n(?:[A-Za-z0-9+/]{60,76}\r?\n|[A-Za-z0-9+/=]{1,76}\s)/
