import type { Measure } from '../measure.ts'
import { commandStart } from './command-start.ts'
import { footprint } from './footprint.ts'
import { imapAttachment } from './imap-attachment.ts'
import { imapBodies } from './imap-bodies.ts'
import { imapAppend, imapCopy, imapExpunge } from './imap-change.ts'
import { imapIdleMemory } from './imap-idle-memory.ts'
import { imapLogin } from './imap-login.ts'
import { imapOpenGrowth } from './imap-open-growth.ts'
import { imapPush } from './imap-push.ts'
import { imapEnvelope, imapFlags, imapHeaders } from './imap-read.ts'
import { imapSearchBody, imapSearchHeader } from './imap-search.ts'
import { imapStore } from './imap-store.ts'
import { importImap } from './import-imap.ts'
import { layout } from './layout.ts'
import { pop3Download } from './pop3-download.ts'
import { pop3List } from './pop3-list.ts'
import { queueClaim } from './queue-claim.ts'
import { queueOut } from './queue-out.ts'
import { queueOutSigned } from './queue-out-signed.ts'
import { smtpIn100k, smtpIn10k, smtpInGrowth, smtpInRcpt20 } from './smtp-in.ts'
import { traceCost } from './trace-cost.ts'

/** Measures that run, in their order. */
export const measures: readonly Measure[] = [
  smtpIn10k,
  smtpIn100k,
  smtpInRcpt20,
  smtpInGrowth,
  traceCost,
  queueOut,
  queueOutSigned,
  queueClaim,
  imapFlags,
  imapHeaders,
  imapEnvelope,
  imapBodies,
  imapAttachment,
  imapStore,
  imapExpunge,
  imapCopy,
  imapAppend,
  imapLogin,
  imapIdleMemory,
  imapSearchHeader,
  imapSearchBody,
  imapOpenGrowth,
  imapPush,
  pop3Download,
  pop3List,
  importImap,
  layout,
  footprint,
  commandStart,
]

/** Names that are agreed on; what they measure is not there yet. */
export const notBuilt: readonly string[] = ['smtp-in-filtered']
