import { app as imap } from '@posthouse/imap'
import { app as mx } from '@posthouse/mx'
import { transcripts } from '@posthouse/testkit'

transcripts({ folder: new URL('imap/', import.meta.url), port: 'imap', apps: [imap, mx] })
