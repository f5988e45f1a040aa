import { app as imap } from '@posthouse/imap'
import { app as pop3 } from '@posthouse/pop3'
import { transcripts } from '@posthouse/testkit'

transcripts({ folder: new URL('pop3/', import.meta.url), port: 'pop3', apps: [pop3, imap] })
