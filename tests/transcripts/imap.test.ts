import { app as imap } from '@posthouse/imap'
import { transcripts } from '@posthouse/testkit'

transcripts({ folder: new URL('imap/', import.meta.url), port: 'imap', apps: [imap] })
