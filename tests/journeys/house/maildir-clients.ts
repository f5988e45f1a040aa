import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { done, mailboxes, type AgreeingClient, type Ground } from './agreeing-clients.ts'
import { described } from './mailbox-state.ts'
import { password } from './process-suite.ts'
import { absent, runProgram } from './run-program.ts'

/** mbsync, with a Maildir that it keeps the same as the server. */
export async function mbsyncClient({ port, user, scratch }: Ground): Promise<AgreeingClient> {
  const folder = path.join(scratch.folder, 'mbsync')
  await mkdir(folder)
  const rc = await scratch.write('mbsyncrc', [
    'IMAPStore far',
    'Host 127.0.0.1',
    `Port ${port}`,
    `User ${user}`,
    `Pass ${password}`,
    'SSLType None',
    'AuthMechs LOGIN',
    '',
    'MaildirStore near',
    `Path ${folder}/`,
    `Inbox ${folder}/INBOX`,
    'SubFolders Verbatim',
    '',
    'Channel all',
    'Far :far:',
    'Near :near:',
    'Patterns INBOX Archive',
    'Create Both',
    'Expunge Both',
    'SyncState *',
  ])
  const env = { HOME: scratch.folder }
  const sync = async () =>
    void done('mbsync', await runProgram('mbsync', ['-c', rc, '-a'], { env }))
  return maildirClient('mbsync', absent('mbsync', 'isync'), folder, sync)
}

/** offlineimap, with another. */
export async function offlineimapClient({ port, user, scratch }: Ground): Promise<AgreeingClient> {
  const folder = path.join(scratch.folder, 'offlineimap')
  const rc = await scratch.write('offlineimaprc', [
    '[general]',
    'accounts = house',
    `metadata = ${path.join(scratch.folder, 'offlineimap-state')}`,
    '[Account house]',
    'localrepository = near',
    'remoterepository = far',
    '[Repository near]',
    'type = Maildir',
    `localfolders = ${folder}`,
    '[Repository far]',
    'type = IMAP',
    'remotehost = 127.0.0.1',
    `remoteport = ${port}`,
    `remoteuser = ${user}`,
    `remotepass = ${password}`,
    'ssl = no',
    'starttls = no',
    'auth_mechanisms = LOGIN',
    "folderfilter = lambda name: name in ['INBOX', 'Archive']",
  ])
  const sync = async () => {
    const args = ['-c', rc, '-o', '-u', 'basic']
    done('offlineimap', await runProgram('offlineimap', args, { env: { HOME: scratch.folder } }))
  }
  return maildirClient('offlineimap', absent('offlineimap', 'offlineimap3'), folder, sync)
}

function maildirClient(
  name: string,
  skip: string | false,
  folder: string,
  sync: () => Promise<void>,
): AgreeingClient {
  return {
    name,
    skip,
    begin: sync,
    async work({ flag, move, remove }) {
      const inbox = path.join(folder, 'INBOX')
      const flagged = await fileOf(inbox, flag)
      const [base = '', flags = ''] = path.basename(flagged).split(':2,')
      await rename(flagged, path.join(inbox, 'cur', `${base}:2,${sortedLetters(`${flags}F`)}`))
      await rename(
        await fileOf(inbox, move),
        path.join(folder, 'Archive', 'cur', `${name}.1.here:2,`),
      )
      await rm(await fileOf(inbox, remove))
      await sync()
    },
    async see() {
      await sync()
      const [INBOX, Archive] = await Promise.all(
        mailboxes.map(async (mailbox) => {
          const files = await filesIn(path.join(folder, mailbox))
          return Promise.all(
            files.map(async (file) => described(await subjectOf(file), flagsOf(file))),
          )
        }),
      )
      return { INBOX: INBOX?.toSorted() ?? [], Archive: Archive?.toSorted() ?? [] }
    },
  }
}

async function filesIn(maildir: string): Promise<readonly string[]> {
  const parts = ['cur', 'new'].map((part) => path.join(maildir, part))
  const names = await Promise.all(
    parts.map(async (part) => (await readdir(part)).map((name) => path.join(part, name))),
  )
  return names.flat()
}

async function fileOf(maildir: string, subject: string): Promise<string> {
  for (const file of await filesIn(maildir))
    if ((await subjectOf(file)).startsWith(`${subject} `)) return file
  throw new Error(`no "${subject}" in ${maildir}`)
}

async function subjectOf(file: string): Promise<string> {
  return /^Subject: (.*?)\r?$/m.exec(await readFile(file, 'latin1'))?.[1] ?? ''
}

const maildirFlags: Readonly<Record<string, string>> = {
  D: '\\Draft',
  F: '\\Flagged',
  R: '\\Answered',
  S: '\\Seen',
  T: '\\Deleted',
}

function flagsOf(file: string): readonly string[] {
  const [, flags = ''] = file.split(':2,')
  return Array.from(flags, (letter) => maildirFlags[letter] ?? letter)
}

function sortedLetters(flags: string): string {
  return Array.from(flags).toSorted().join('')
}
