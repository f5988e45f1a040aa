import type { Measure } from '../measure.ts'
import { footprint } from './footprint.ts'
import { imapBodies } from './imap-bodies.ts'
import { imapPush } from './imap-push.ts'
import { imapEnvelope, imapFlags, imapHeaders } from './imap-read.ts'
import { imapSearchBody, imapSearchHeader } from './imap-search.ts'
import { imapStore } from './imap-store.ts'
import { pop3Download } from './pop3-download.ts'
import { queueOut } from './queue-out.ts'
import { smtpIn100k, smtpIn10k, smtpInRcpt20 } from './smtp-in.ts'

/** Measures that run, in their order. */
export const measures: readonly Measure[] = [
  smtpIn10k,
  smtpIn100k,
  smtpInRcpt20,
  queueOut,
  imapFlags,
  imapHeaders,
  imapEnvelope,
  imapBodies,
  imapStore,
  imapSearchHeader,
  imapSearchBody,
  imapPush,
  pop3Download,
  footprint,
]

/** Names that are agreed on; what they measure is not there yet. */
export const notBuilt: readonly string[] = [
  'smtp-in-filtered',
  'smtp-in-growth',
  'imap-login',
  'imap-attachment',
  'imap-expunge',
  'imap-copy',
  'imap-append',
  'imap-idle-memory',
  'imap-open-growth',
  'pop3-list',
]
