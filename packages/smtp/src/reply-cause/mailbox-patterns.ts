import type { ReplyPattern } from './reply-pattern.ts'

/** Words about the recipient's mailbox. A closed one before one that is not there: both are said to be "invalid". */
export const mailboxPatterns: readonly ReplyPattern[] = [
  {
    cause: 'mailbox-full',
    texts: ['mailbox full', 'mailbox is full', 'over quota', 'overquota', 'quota exceeded'],
  },
  {
    cause: 'mailbox-full',
    texts: ['exceeded storage allocation', 'exceeds quota', 'exceeded his quota', 'out of storage'],
  },
  {
    cause: 'mailbox-full',
    texts: [
      'mailbox quota',
      'mailbox has exceeded',
      'not enough storage',
      'recipient storage full',
    ],
  },
  {
    cause: 'too-large',
    texts: ['message too large', 'message is too large', 'too big', 'message size exceeds'],
  },
  {
    cause: 'too-large',
    texts: ['exceeds size limit', 'maximum message size', 'exceeds maximum', 'size limit exceeded'],
  },
  {
    cause: 'mailbox-disabled',
    texts: ['account is disabled', 'account disabled', 'mailbox disabled', 'account is inactive'],
  },
  {
    cause: 'mailbox-disabled',
    texts: [
      'is inactive',
      'no longer valid',
      'mailbox unavailable or disabled',
      'account is blocked',
    ],
  },
  {
    cause: 'mailbox-disabled',
    texts: [
      'temporary locked',
      'account is locked',
      'user is disabled',
      'recipient is disabled',
      'suspended',
      'account has been closed',
    ],
  },
  {
    cause: 'no-mailbox',
    texts: [
      'user unknown',
      'unknown user',
      'no such user',
      'user not found',
      'user does not exist',
    ],
  },
  {
    cause: 'no-mailbox',
    texts: ['no such recipient', 'recipient unknown', 'unknown recipient', 'no such mailbox'],
  },
  {
    cause: 'no-mailbox',
    texts: ['mailbox does not exist', 'mailbox not found', 'invalid recipient', 'no mailbox here'],
  },
  {
    cause: 'no-mailbox',
    texts: [
      'does not exist here',
      'address does not exist',
      'invalid mailbox',
      'unrouteable address',
    ],
  },
  {
    cause: 'no-mailbox',
    texts: [
      'addressee unknown',
      'unknown address',
      'not our user',
      'not our customer',
      'no such address',
    ],
  },
  {
    cause: 'no-mailbox',
    texts: ['not in recipient list', 'no such person', 'unallocated', 'undeliverable address'],
  },
  {
    cause: 'no-mailbox',
    texts: ['adresse destinataire invalide', 'destinataire invalide', 'not a valid mailbox'],
  },
]
