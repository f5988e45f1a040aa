import { compileListPattern, type ListArguments, type ListPattern } from '@posthouse/imap-wire'
import type { MailboxInfo } from '@posthouse/store'
import { delimiter } from './namespace.ts'

/** A name in the answer to LIST or LSUB. */
export interface ListedName {
  readonly name: string
  readonly attributes: readonly string[]
  /** RFC 5258 §3.5: what selection brought it in although it does not meet it itself. */
  readonly childInfo?: readonly string[]
  /** Absent for a name that only stands above others, or that is only subscribed. */
  readonly mailbox?: MailboxInfo
}

/** Some name of an account: it exists, or others exist beneath it, or it is subscribed. */
interface Node {
  readonly name: string
  readonly mailbox: MailboxInfo | undefined
  readonly isSubscribed: boolean
  /** Something that exists stands beneath it. */
  readonly hasChildren: boolean
}

/** All names of one account, for LIST and LSUB. */
export class MailboxTree {
  readonly #nodes: readonly Node[]

  constructor(mailboxes: readonly MailboxInfo[], subscriptions: readonly string[]) {
    const byName = new Map(mailboxes.map((mailbox) => [mailbox.name, mailbox]))
    const subscribed = new Set(subscriptions)
    const parents = new Set(mailboxes.flatMap(({ name }) => ancestors(name)))
    const above = subscriptions.flatMap(ancestors)
    const names = new Set([...byName.keys(), ...parents, ...subscribed, ...above])
    this.#nodes = [...names].toSorted(inOrder).map((name) => ({
      name,
      mailbox: byName.get(name),
      isSubscribed: subscribed.has(name),
      hasChildren: parents.has(name),
    }))
  }

  /** LIST. RFC 5258 §3 to §4. */
  find({ reference, patterns, select, returns }: ListArguments): ListedName[] {
    const compiled = patterns.map((pattern) => compileListPattern(reference + pattern))
    const meets = (node: Node): boolean =>
      (!select.subscribed || node.isSubscribed) &&
      (!select.specialUse || node.mailbox?.specialUse !== undefined) &&
      (select.subscribed || exists(node))
    const telling = select.subscribed || returns.subscribed
    const beneath = select.recursiveMatch
      ? this.#unmatchedBeneath(compiled, meets)
      : new Set<string>()
    const criterion = select.subscribed ? 'SUBSCRIBED' : 'SPECIAL-USE'
    return this.#nodes.flatMap((node): ListedName[] => {
      const isAbove = beneath.has(node.name)
      if ((!meets(node) && !isAbove) || !matchesAny(compiled, node.name)) return []
      const listed = listedName(node, telling)
      return [isAbove ? { ...listed, childInfo: [criterion] } : listed]
    })
  }

  /** LSUB: `%` brings in what stands above subscribed names, as \Noselect (RFC 3501 §6.3.9). */
  findSubscribed(pattern: string): ListedName[] {
    const compiled = [compileListPattern(pattern)]
    const beneath = pattern.includes('%')
      ? this.#unmatchedBeneath(compiled, (node) => node.isSubscribed)
      : new Set<string>()
    return this.#nodes.flatMap((node): ListedName[] => {
      if (!matchesAny(compiled, node.name)) return []
      if (node.isSubscribed) {
        return [{ name: node.name, attributes: node.mailbox === undefined ? ['\\Noselect'] : [] }]
      }
      return beneath.has(node.name) ? [{ name: node.name, attributes: ['\\Noselect'] }] : []
    })
  }

  /** Names above those that meet the criterion and are not matched themselves. */
  #unmatchedBeneath(patterns: readonly ListPattern[], meets: (node: Node) => boolean): Set<string> {
    const names = this.#nodes
      .filter((node) => meets(node) && !matchesAny(patterns, node.name))
      .flatMap((node) => ancestors(node.name))
    return new Set(names)
  }
}

function exists(node: Node): boolean {
  return node.mailbox !== undefined || node.hasChildren
}

function matchesAny(patterns: readonly ListPattern[], name: string): boolean {
  return patterns.some((pattern) => pattern.matches(name))
}

function listedName(node: Node, telling: boolean): ListedName {
  const { name, mailbox, isSubscribed, hasChildren } = node
  const attributes = [
    // RFC 5258 §3: \NonExistent says \Noselect too; clients of RFC 3501 only know the latter.
    ...(mailbox === undefined ? ['\\NonExistent', '\\Noselect'] : []),
    hasChildren ? '\\HasChildren' : '\\HasNoChildren',
    ...(telling && isSubscribed ? ['\\Subscribed'] : []),
    ...(mailbox?.specialUse === undefined ? [] : [mailbox.specialUse]),
  ]
  return mailbox === undefined ? { name, attributes } : { name, attributes, mailbox }
}

/** `a/b/c` stands beneath `a` and `a/b`. */
function ancestors(name: string): string[] {
  const names: string[] = []
  for (let at = name.indexOf(delimiter); at > 0; at = name.indexOf(delimiter, at + 1)) {
    names.push(name.slice(0, at))
  }
  return names
}

/** INBOX first, then by name. */
function inOrder(a: string, b: string): number {
  if (a === 'INBOX' || b === 'INBOX') return a === b ? 0 : a === 'INBOX' ? -1 : 1
  return a < b ? -1 : a > b ? 1 : 0
}
