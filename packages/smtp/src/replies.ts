import { reply } from './reply.ts'

/**
 * Every reply of the suite's SMTP servers, by name: the one place where codes are chosen. Enhanced
 * codes from RFC 3463, RFC 4954 §6, RFC 6531 §3.5 and the registry of RFC 5248.
 */
export const replies = {
  // Fine.
  ok: reply(250, '2.0.0', 'OK'),
  senderOk: reply(250, '2.1.0', 'Sender OK'),
  recipientOk: reply(250, '2.1.5', 'Recipient OK'),
  resetOk: reply(250, '2.0.0', 'Reset'),
  bye: reply(221, '2.0.0', 'Goodbye'),
  help: reply(
    214,
    '2.0.0',
    'Commands: EHLO HELO STARTTLS AUTH MAIL RCPT DATA BDAT RSET NOOP VRFY QUIT. See RFC 5321.',
  ),
  notVerified: reply(252, '2.0.0', 'Cannot verify, but will take mail and try'),
  goAhead: reply(354, undefined, 'Send the message, end with a dot on a line of its own'),
  startTls: reply(220, '2.0.0', 'Ready to start TLS'),
  authOk: reply(235, '2.7.0', 'Authenticated'),

  // The command is wrong.
  unknownCommand: reply(500, '5.5.1', 'Unknown command'),
  badOctets: reply(500, '5.5.2', 'Control characters or broken UTF-8 in the command'),
  bareLineFeed: reply(500, '5.5.2', 'A command ends with CR LF, not with a bare LF'),
  lineTooLong: reply(500, '5.5.2', 'Line too long'),
  authLineTooLong: reply(500, '5.5.6', 'Authentication line too long'),
  notImplemented: reply(502, '5.5.1', 'Command not implemented'),
  badArguments: reply(501, '5.5.4', 'Syntax error in the arguments'),
  badChunkSize: reply(501, '5.5.4', 'BDAT without a size: there is no telling what follows'),
  badEhlo: reply(501, undefined, 'Give the name or the address literal of your host'),
  badSender: reply(501, '5.1.7', 'Syntax error in the sender address'),
  badRecipient: reply(501, '5.1.3', 'Syntax error in the recipient address'),
  badParameter: reply(501, '5.5.4', 'Syntax error in a parameter'),
  unknownParameter: reply(555, '5.5.4', 'Unknown parameter'),
  releaseTooFar: reply(501, '5.5.4', 'That is longer than we hold messages for'),
  helloFirst: reply(503, '5.5.1', 'Send EHLO first'),
  nestedMail: reply(503, '5.5.1', 'There is a sender already; RSET to begin anew'),
  inChunks: reply(503, '5.5.1', 'The message comes in chunks; go on with BDAT, or RSET'),
  mailFirst: reply(503, '5.5.1', 'Send MAIL first'),
  recipientFirst: reply(503, '5.5.1', 'Send RCPT first'),
  noRecipients: reply(554, '5.5.1', 'No recipient was accepted'),
  tlsTwice: reply(503, '5.5.1', 'TLS is active already'),
  authTwice: reply(503, '5.5.1', 'Authenticated already'),
  notInTransaction: reply(503, '5.5.1', 'Not during a mail transaction'),

  // Authentication.
  authRequired: reply(530, '5.7.0', 'Authentication required'),
  tlsRequired: reply(530, '5.7.0', 'Send STARTTLS first'),
  authNeedsTls: reply(538, '5.7.11', 'Encryption required: send STARTTLS first'),
  unknownMechanism: reply(504, '5.5.4', 'Unknown authentication mechanism'),
  badBase64: reply(501, '5.5.2', 'Cannot decode the response'),
  badResponse: reply(501, '5.5.2', 'Not what the mechanism asks for'),
  authCancelled: reply(501, '5.7.0', 'Authentication cancelled'),
  /** The same for all that is wrong, so that nobody learns which addresses there are (threat F2). */
  badCredentials: reply(
    535,
    '5.7.8',
    'Wrong address or password. Sign in with the whole address, and its password or an app password that is for sending',
  ),
  /** The password was right: this is no stranger. */
  disabledAccount: reply(535, '5.7.13', 'This account is disabled: ask your postmaster'),
  signInAgain: reply(421, '4.7.0', 'The account was changed, sign in again'),
  sessionEnded: reply(421, '4.3.2', 'The administrator has ended this session'),
  /** RFC 4954 §6: "the client SHOULD NOT prompt the user for another password". */
  authThrottled: reply(454, '4.7.0', 'Too many failed attempts, try again later'),
  authUnavailable: reply(454, '4.7.0', 'Cannot check the password now, try again later'),

  // Addresses.
  nullSenderToMany: reply(452, '4.5.3', 'Too many recipients for a message without a sender'),
  recipientLoop: reply(554, '5.4.6', 'This address leads to itself'),
  unknownRecipient: reply(550, '5.1.1', 'No such mailbox here'),
  disabledRecipient: reply(550, '5.2.1', 'This mailbox is disabled'),
  foreignRecipient: reply(550, '5.7.1', 'Not a domain of ours, and we do not relay'),
  fullRecipient: reply(452, '4.2.2', 'This mailbox is full'),
  tooManyRecipients: reply(452, '4.5.3', 'Too many recipients in one message'),
  needsSmtpUtf8: reply(553, '5.6.7', 'An address beyond ASCII needs SMTPUTF8'),
  foreignSender: reply(553, '5.7.1', 'This sender address is not yours: send as your own'),
  contained: reply(
    450,
    '4.7.1',
    'Sending is stopped for your account: it looks as if somebody else uses it. Ask your postmaster',
  ),

  // The message.
  badLineEnds: reply(550, '5.5.2', 'The message holds bare CR, bare LF or NUL'),
  tooLarge: reply(552, '5.3.4', 'The message is larger than we take'),
  loop: reply(554, '5.4.6', 'The message goes round in circles: too many hops'),
  malformedFrom: reply(
    550,
    '5.6.0',
    'The message needs exactly one From field with addresses that follow RFC 5322',
  ),
  foreignFrom: reply(550, '5.7.1', 'The From address is not yours: write as your own'),
  senderMissing: reply(
    550,
    '5.7.1',
    'From names several authors, and Sender does not say who sends',
  ),

  // Ours, for a while.
  unavailable: reply(451, '4.3.0', 'Cannot store mail now, try again later'),
  internalError: reply(451, '4.3.0', 'Something went wrong here, try again later'),
  noMemory: reply(452, '4.3.1', 'Too much to do at the moment, try again later'),

  // Good-byes.
  greetingUnavailable: reply(421, '4.3.0', 'Cannot store mail now, try again later'),
  shuttingDown: reply(421, '4.3.2', 'The service shuts down, try again later'),
  tooManyConnections: reply(
    421,
    '4.7.0',
    'Too many connections from your address, try again later',
  ),
  tooManyMessages: reply(450, '4.7.0', 'Too many messages from your address, try again later'),
  tooManyFromSender: reply(450, '4.7.1', 'Too many messages from this sender, try again later'),
  tooManyOnConnection: reply(
    421,
    '4.7.0',
    'Many recipients were taken on this connection, open another',
  ),
  tooManyErrors: reply(421, '4.7.0', 'Too many errors'),
  tooManyRefusals: reply(421, '4.7.0', 'Too many unknown recipients'),
  tooManyAuthFailures: reply(421, '4.7.0', 'Too many failed attempts'),
  talkedTooSoon: reply(421, '4.7.0', 'You talked before the greeting'),
  timeout: reply(421, '4.4.2', 'Too slow, goodbye'),
  notHttp: reply(421, '4.7.0', 'This is SMTP, not HTTP'),
} as const
