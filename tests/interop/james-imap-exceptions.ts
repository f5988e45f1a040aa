/** Scripts about what this server does not have, with the reason. */
export const leftOutScripts: ReadonlyMap<string, string> = new Map([
  ['ACLCommandsOnOwner', 'ACL (RFC 4314) is not there'],
  ['CondstoreDisable', 'is about switching off what is not there'],
  ['FetchSaveDate', 'SAVEDATE (RFC 8514) is not there'],
  ['ListNamespace', 'is about James’s namespaces #private and #user'],
  ['ListSpecialChar', 'its mailboxes are made by James’s Java test, not by the script'],
  ['ListWithSharedMailbox', 'shared mailboxes are not there'],
  ['MetadataWithBinaryData', 'METADATA (RFC 5464) is not there'],
  ['MetadataWithLimitation', 'METADATA (RFC 5464) is not there'],
  ['ObjectId', 'OBJECTID (RFC 8474) is not there'],
  ['Rights', 'ACL (RFC 4314) is not there'],
  ['SearchSaveDate', 'SAVEDATE (RFC 8514) is not there'],
  ['SharedMailbox', 'shared mailboxes are not there'],
  ['SharingAccessL', 'shared mailboxes are not there'],
  ['SharingAccessLR', 'shared mailboxes are not there'],
  ['SharingAccessLRA', 'shared mailboxes are not there'],
  ['SharingAccessLRS', 'shared mailboxes are not there'],
  ['SharingAccessLRTE', 'shared mailboxes are not there'],
  ['SharingAccessLRX', 'shared mailboxes are not there'],
])

const noWildcards = 'names with * and % are refused: LIST could not name them (RFC 3501 §5.1)'
const superiors = 'RENAME makes the names above the new one, and they stay (RFC 3501 §6.3.5)'
const otherExtension =
  'DELETED, DELETED-STORAGE and MAILBOXID belong to extensions that are not there'
const unknownCommand = 'a wrong command is BAD (RFC 3501 §7.1.3); James hangs up on strangers'
const ourId = 'we say who we are; James says NIL'

/**
 * Differences by script and by the line of what was sent. One that is not here fails the test, and so
 * does one that is gone.
 */
export const imapExceptions: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  BogusCommand: { 23: unknownCommand },
  JustTag: { 23: unknownCommand },
  ConcurrentExistsResponse: {
    95: 'a number above the last EXISTS is not the client’s to use (RFC 3501 §7.3.1)',
    105: 'as the STORE of line 95 was refused, there are no flags to tell',
  },
  FetchMultipartBodyStructure: {
    209: 'fetch-att is not optional (RFC 3501 §9)',
    685: 'parameters come in the order of the message, Content-Location as it is written',
  },
  Id: { 20: ourId, 24: ourId, 28: ourId, 32: ourId },
  ListWithPercentWildcardInMailboxName: {
    2: noWildcards,
    6: noWildcards,
    11: noWildcards,
    18: noWildcards,
    25: noWildcards,
    35: noWildcards,
    45: noWildcards,
    52: noWildcards,
    60: noWildcards,
    64: noWildcards,
  },
  MoveNoMSG: { 38: 'a UID that is not there is passed over (RFC 3501 §6.4.8)' },
  Namespace: { 19: 'one personal namespace without a prefix' },
  RenameHierarchy: {
    37: superiors,
    47: superiors,
    57: superiors,
    67: superiors,
    77: superiors,
    87: superiors,
    89: superiors,
  },
  RenameInbox: { 48: 'a UID that was given once is not given again (RFC 3501 §2.3.1.1)' },
  Status: {
    140: otherExtension,
  },
  UidSearchAtoms: { 1976: 'the script says itself that James is wrong here' },
}
