import { end, formatList, listArguments, lsubArguments, space } from '@posthouse/imap-wire'
import { command } from '../session/command.ts'
import { ok } from '../session/completion.ts'
import { MailboxTree } from './mailbox-tree.ts'
import { delimiter } from './namespace.ts'
import { statusResponse } from './status.ts'

/**
 * LIST: RFC 3501 §6.3.8, extended by RFC 5258, with STATUS (RFC 5819) and special uses (RFC 6154).
 * Special uses are always told: Apple Mail uses them and never asks (mox #66).
 */
export const list = command({
  names: ['LIST'],
  state: 'member',
  capabilities: ['LIST-EXTENDED', 'LIST-STATUS', 'CHILDREN', 'SPECIAL-USE'],
  parse(c) {
    space(c)
    const args = listArguments(c)
    end(c)
    return args
  },
  async *execute(args, member) {
    const { mailboxes, enabled, without } = member
    if (args.returns.status.includes('HIGHESTMODSEQ')) enabled.add('CONDSTORE')
    if (!args.isExtended && args.patterns[0] === '') {
      // RFC 3501 §6.3.8: only the delimiter and the root are asked for.
      yield formatList('LIST', { name: '', attributes: ['\\Noselect'], delimiter })
      return ok('That is all')
    }
    const wantsSubscriptions = args.select.subscribed || args.returns.subscribed
    const [all, subscribed] = await Promise.all([
      mailboxes.list(),
      wantsSubscriptions ? mailboxes.subscriptions() : [],
    ])
    const found = new MailboxTree(all, subscribed).find(args)
    const ids = found.flatMap((entry) => entry.mailbox?.id ?? [])
    const figures = args.returns.status.length > 0 ? await mailboxes.status(ids) : undefined
    for (const entry of found) {
      const attributes = entry.attributes.filter((name) => !isOf(name, without))
      yield formatList('LIST', { ...entry, attributes, delimiter }, enabled.has('UTF8=ACCEPT'))
      const { mailbox } = entry
      const status = mailbox && figures?.get(mailbox.id)
      if (status) yield await statusResponse(member, mailbox, args.returns.status, status)
    }
    return ok('That is all')
  },
})

const plainAttributes = ['\\Noselect', '\\NonExistent', '\\Subscribed']

/** Whether an attribute belongs to an extension that is switched off. */
function isOf(attribute: string, without: ReadonlySet<string>): boolean {
  if (without.size === 0 || plainAttributes.includes(attribute)) return false
  const isOfChildren = attribute === '\\HasChildren' || attribute === '\\HasNoChildren'
  return without.has(isOfChildren ? 'CHILDREN' : 'SPECIAL-USE')
}

/** LSUB. RFC 3501 §6.3.9. */
export const lsub = command({
  names: ['LSUB'],
  state: 'member',
  parse(c) {
    space(c)
    const args = lsubArguments(c)
    end(c)
    return args
  },
  async *execute({ reference, pattern }, { mailboxes, enabled }) {
    const [all, subscribed] = await Promise.all([mailboxes.list(), mailboxes.subscriptions()])
    for (const entry of new MailboxTree(all, subscribed).findSubscribed(reference + pattern)) {
      yield formatList('LSUB', { ...entry, delimiter }, enabled.has('UTF8=ACCEPT'))
    }
    return ok('That is all')
  },
})
