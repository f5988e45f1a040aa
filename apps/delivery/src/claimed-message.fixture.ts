import type { ClaimedMessage } from '@posthouse/store'

/** A message as it comes out of a claim, with nothing about it worth a word. */
export const plainMessage: ClaimedMessage = {
  queueId: '0'.repeat(26),
  destination: 'there.test',
  account: null,
  sender: 'ada@example.test',
  size: 1,
  envelopeId: undefined,
  returnContent: undefined,
  isEightBit: false,
  needsSmtpUtf8: false,
  requiresTls: false,
  isTlsOptional: false,
  origin: 'submitted',
  authorDomain: undefined,
  priority: 0,
  submittedAt: new Date('2026-01-01T00:00:00Z'),
  ageSeconds: 0,
  lifetimeSeconds: 5 * 86_400,
  recipients: [],
}
