import { app as imap } from '@posthouse/imap'
import { app as submission } from '@posthouse/submission'
import { transcripts } from '@posthouse/testkit'

transcripts({
  folder: new URL('submission/', import.meta.url),
  port: 'submission',
  apps: [submission, imap],
})
