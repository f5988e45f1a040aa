import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { done, type AgreeingClient, type Ground } from './agreeing-clients.ts'
import { described } from './mailbox-state.ts'
import { password } from './process-suite.ts'
import { absent, runProgram } from './run-program.ts'

const terminal = fileURLToPath(new URL('in-terminal.py', import.meta.url))

/** neomutt in a terminal, its keys pressed for it. */
export async function neomuttClient({ port, user, scratch }: Ground): Promise<AgreeingClient> {
  const rc = await scratch.write('neomuttrc', [
    `set folder="imap://127.0.0.1:${port}/"`,
    `set imap_user="${user}" imap_pass="${password}" imap_authenticators="login"`,
    'set ssl_starttls=no ssl_force_tls=no',
    'set mark_old=no delete=yes quit=yes move=no confirmappend=no confirmcreate=no mbox_type=mbox',
    'set mail_check=1 wait_key=no sort=mailbox-order header_cache=""',
  ])
  const run = async (mailbox: string, keys: string): Promise<void> => {
    const args = ['-n', '-F', rc, '-f', `=${mailbox}`, '-e', `push '${keys}<quit>'`]
    const env = { HOME: scratch.folder, TERM: 'xterm' }
    done('neomutt', await runProgram('python3', [terminal, 'neomutt', ...args], { env }))
  }
  const seen = async (mailbox: string): Promise<readonly string[]> => {
    const box = path.join(scratch.folder, `neomutt-${mailbox}`)
    await rm(box, { force: true })
    await run(mailbox, `<tag-pattern>~A<enter><tag-prefix-cond><copy-message>${box}<enter>`)
    const text = await readFile(box, 'latin1').catch(() => '')
    return text
      .split(/^From .*\n/m)
      .slice(1)
      .map(describedIn)
      .toSorted()
  }
  return {
    name: 'neomutt',
    skip: absent('python3') || absent('neomutt'),
    begin: async () => void (await seen('INBOX')),
    // One run for each: what others expunge while it writes costs neomutt the marks it has not written yet.
    async work({ flag, move, remove }) {
      const steps = [
        `<tag-pattern>${only(flag)}<tag-prefix-cond><set-flag>!`,
        `<tag-pattern>${only(move)}<tag-prefix-cond><save-message>=Archive<enter>`,
        `<delete-pattern>${only(remove)}`,
      ]
      for (const keys of steps) await run('INBOX', `${keys}<sync-mailbox>`)
    },
    see: async () => ({ INBOX: await seen('INBOX'), Archive: await seen('Archive') }),
  }
}

/** A pattern with `^` would press a control key. */
function only(subject: string): string {
  return `~s "${subject} "<enter>`
}

/** neomutt writes flags into the header: R and O in Status, A and F in X-Status. */
function describedIn(message: string): string {
  const field = (name: string) => new RegExp(`^${name}: (.*?)\\r?$`, 'm').exec(message)?.[1] ?? ''
  const status = `${field('Status')}${field('X-Status')}`
  const flags = [
    ...(status.includes('R') ? ['\\Seen'] : []),
    ...(status.includes('A') ? ['\\Answered'] : []),
    ...(status.includes('F') ? ['\\Flagged'] : []),
  ]
  return described(field('Subject'), flags)
}
