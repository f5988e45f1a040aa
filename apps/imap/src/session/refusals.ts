import { bad, no, type Completion } from './completion.ts'

/** The refusals of all verbs, one text for each (codes: RFC 5530, RFC 3501 §7.1). */
export const refusal = {
  noSuchMailbox: no('There is no such mailbox', 'NONEXISTENT'),
  /** Where creating the mailbox would help: APPEND, COPY, MOVE (RFC 3501 §6.3.11, §6.4.7). */
  tryCreate: no('There is no such mailbox', 'TRYCREATE'),
  mailboxExists: no('A mailbox of this name is already there', 'ALREADYEXISTS'),
  mailboxName: no('A mailbox cannot have this name', 'CANNOT'),
  inbox: no('INBOX cannot be removed', 'CANNOT'),
  readOnly: no('The mailbox is open for reading only', 'READ-ONLY'),
  tooBig: no('The message is larger than this server takes', 'TOOBIG'),
  tooManyKeywords: no('This mailbox has as many keywords as it can hold', 'LIMIT'),
  mailboxFull: no('The mailbox is full', 'LIMIT'),
  /** RFC 9208 §4.3, RFC 5530 §3. */
  overQuota: no('There is no room left in this account', 'OVERQUOTA'),
  noSuchQuotaRoot: no('There is no such quota root', 'NONEXISTENT'),
  /** RFC 3516 §4.3. */
  unknownEncoding: no('Some part has an encoding that is not known here', 'UNKNOWN-CTE'),
  binary: no('A message with NUL cannot be kept', 'UNKNOWN-CTE'),
  nul: no('A message must not contain NUL', 'CANNOT'),
  /** RFC 3501 §9, seq-number: the client counts more messages than it was told of. */
  noSuchMessage: bad('There is no message of that number'),
  useAttribute: no('This special use cannot be given', 'USEATTR'),
  credentials: no('The name or the password is wrong', 'AUTHENTICATIONFAILED'),
  disabled: no('This account is switched off', 'CONTACTADMIN'),
  /**
   * RFC 5530 §3 has no code for it. AUTHENTICATIONFAILED would make clients drop a password that is
   * right; UNAVAILABLE says what they should do: keep it, and try later.
   */
  throttled: no('Too many failed attempts to sign in; try again later', 'UNAVAILABLE'),
  impersonation: no('You may only sign in as yourself', 'AUTHORIZATIONFAILED'),
  privacy: no('Passwords are only taken over TLS: use STARTTLS or the TLS port', 'PRIVACYREQUIRED'),
  tooManySessions: no('This account has too many sessions open', 'LIMIT'),
  /** RFC 7162 §3.2.3. */
  notEnabled: bad('This needs ENABLE QRESYNC first'),
  unavailable: no('The mail store is away for the moment; try again', 'UNAVAILABLE'),
  bug: no('The server failed to carry this out; it has been recorded', 'SERVERBUG'),
  compressed: no('This connection is compressed already', 'COMPRESSIONACTIVE'),
  mechanism: no('This way of signing in is not offered', 'CANNOT'),
} satisfies Record<string, Completion>
