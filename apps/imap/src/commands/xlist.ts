import { end, formatList, lsubArguments, space } from '@posthouse/imap-wire'
import type { SpecialUse } from '@posthouse/store'
import { command } from '../session/command.ts'
import { ok } from '../session/completion.ts'
import { MailboxTree, type ListedName } from './mailbox-tree.ts'
import { delimiter } from './namespace.ts'

/** What Gmail calls those uses that RFC 6154 has another name for. */
const oldNames: Partial<Record<SpecialUse, string>> = {
  '\\All': '\\AllMail',
  '\\Flagged': '\\Starred',
  '\\Junk': '\\Spam',
}

/**
 * XLIST, Gmail's LIST with special uses, from before RFC 6154; old clients know no other. Both names of a use are told,
 * and which mailbox is the inbox.
 */
export const xlist = command({
  names: ['XLIST'],
  state: 'member',
  capabilities: ['XLIST'],
  extension: () => 'XLIST',
  parse(c) {
    space(c)
    const args = lsubArguments(c)
    end(c)
    return args
  },
  async *execute({ reference, pattern }, { mailboxes, enabled }) {
    if (pattern === '') {
      // As LIST has it (RFC 3501 §6.3.8).
      yield formatList('XLIST', { name: '', attributes: ['\\Noselect'], delimiter })
      return ok('That is all')
    }
    const tree = new MailboxTree(await mailboxes.list(), [])
    for (const entry of tree.find({ reference, patterns: [pattern], ...plain })) {
      const attributes = [...entry.attributes, ...oldAttributes(entry)]
      yield formatList('XLIST', { ...entry, attributes, delimiter }, enabled.has('UTF8=ACCEPT'))
    }
    return ok('That is all')
  },
})

const plain = {
  select: { subscribed: false, remote: false, recursiveMatch: false, specialUse: false },
  returns: { subscribed: false, children: false, specialUse: false, status: [] },
  isExtended: false,
} as const

function oldAttributes({ name, mailbox }: ListedName): readonly string[] {
  if (name === 'INBOX') return ['\\Inbox']
  const old = mailbox?.specialUse && oldNames[mailbox.specialUse]
  return old === undefined ? [] : [old]
}
