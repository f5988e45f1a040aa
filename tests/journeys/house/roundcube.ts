import { existsSync } from 'node:fs'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Browser, pageMs, type Fields } from './browser.ts'
import { startDaemon, type Daemon } from './daemon.ts'
import { freePorts } from './free-ports.ts'
import { password, type ProcessSuite } from './process-suite.ts'
import { absent } from './run-program.ts'
import type { Scratch } from './scratch.ts'

/** A message as the list of a mailbox shows it. */
export interface Listed {
  readonly uid: number
  readonly subject: string
  readonly isRead: boolean
  readonly isFlagged: boolean
}

/** What Debian's package shows to a browser. */
const site = '/var/lib/roundcube'

/** For the `skip` of a test: false if it can be started, else why not. */
export function roundcubeAbsent(): string | false {
  const withoutPhp = absent('php', 'php-cli')
  if (withoutPhp !== false || existsSync(site)) return withoutPhp
  return absent('roundcube', 'roundcube-core')
}

/** Roundcube, a web mail program, on PHP's own web server, in use as a browser uses it. */
export class Roundcube {
  readonly #daemon: Daemon
  readonly #browser: Browser
  readonly #folder: string
  #token = ''

  private constructor(daemon: Daemon, base: string, folder: string) {
    this.#daemon = daemon
    this.#browser = new Browser(base, () => ({ 'x-roundcube-request': this.#token }))
    this.#folder = folder
  }

  /** Starts it with a database of its own, set up as its manual says. */
  static async start(suite: ProcessSuite, scratch: Scratch): Promise<Roundcube> {
    const folder = path.join(scratch.folder, 'roundcube')
    const config = path.join(folder, 'config')
    await mkdir(config, { recursive: true })
    for (const name of ['defaults.inc.php', 'mimetypes.php']) {
      await symlink(path.join('/etc/roundcube', name), path.join(config, name))
    }
    await writeFile(path.join(config, 'config.inc.php'), settingsOf(suite, folder))
    const [port = 0] = await freePorts(1)
    const base = `http://127.0.0.1:${port}/`
    const isUp = async (): Promise<boolean> => {
      const page = await fetch(base, { signal: AbortSignal.timeout(pageMs) }).catch(() => undefined)
      return page?.ok === true && (await page.text()).includes('_token')
    }
    const variable = `ROUNDCUBE_CONFIG_DIR=${config}`
    const server = ['-S', `127.0.0.1:${port}`, '-t', site]
    const daemon = await startDaemon('env', [variable, 'php', ...server], folder, isUp)
    return new Roundcube(daemon, base, folder)
  }

  /** Logs in. Rejects with what the page says. */
  async logIn(user: string): Promise<void> {
    this.#token = tokenOf(await this.#page({ _task: 'login' }))
    const fields = {
      _task: 'login',
      _action: 'login',
      _timezone: 'UTC',
      _user: user,
      _pass: password,
    }
    const page = await this.#post({ _task: 'login' }, fields)
    if (!page.includes('"task":"mail"')) throw new Error(`no login: ${messagesOf(page)}`)
    this.#token = tokenOf(page)
  }

  /** Names of the mailboxes it shows. */
  async mailboxes(): Promise<readonly string[]> {
    const page = await this.#page({ _task: 'mail' })
    const names: unknown = JSON.parse(found(/"mailboxes_list":(\[[^\]]*\])/, page))
    return Array.isArray(names) ? names.map(String) : []
  }

  /** The messages of a mailbox, newest first. */
  async list(mailbox: string): Promise<readonly Listed[]> {
    const text = await this.#ask('list', { _mbox: mailbox, _refresh: '1' })
    return [
      ...text.matchAll(/this\.add_message_row\((\d+),(\{.*?\}),(\{.*?\}),(?:true|false)\)/g),
    ].map(([, uid, columns, flags]) => {
      const shown: { subject?: string } = JSON.parse(columns ?? '')
      const told: { seen?: number; flagged?: number } = JSON.parse(flags ?? '')
      return {
        uid: Number(uid),
        subject: shown.subject ?? '',
        isRead: told.seen === 1,
        isFlagged: told.flagged === 1,
      }
    })
  }

  /** Opens a message. @returns its page */
  async show(mailbox: string, uid: number): Promise<string> {
    return this.#page({ _task: 'mail', _action: 'show', _mbox: mailbox, _uid: String(uid) })
  }

  /** Marks a message: `read`, `unread`, `flagged`, `unflagged`. */
  async mark(mailbox: string, uid: number, flag: string): Promise<void> {
    await this.#ask('mark', { _mbox: mailbox, _uid: String(uid), _flag: flag })
  }

  async move(mailbox: string, uid: number, target: string): Promise<void> {
    await this.#ask('move', { _mbox: mailbox, _uid: String(uid), _target_mbox: target })
  }

  /** Takes a message away for good. */
  async remove(mailbox: string, uid: number): Promise<void> {
    await this.#ask('delete', { _mbox: mailbox, _uid: String(uid) })
  }

  /** What the search box finds in subjects. */
  async search(mailbox: string, words: string): Promise<string> {
    return this.#ask('search', { _mbox: mailbox, _q: words, _headers: 'subject', _scope: 'base' })
  }

  /** Writes a message and sends it. */
  async send(message: {
    readonly to: string
    readonly subject: string
    readonly text: string
  }): Promise<void> {
    const page = await this.#page({ _task: 'mail', _action: 'compose' })
    const fields = {
      _task: 'mail',
      _action: 'send',
      _id: found(/name="_id" value="([^"]+)"/, page),
      _from: found(/<select[^>]* name="_from".*?<option value="(\d+)"/s, page),
      _to: message.to,
      _subject: message.subject,
      _message: message.text,
      _is_html: '0',
      _store_target: 'Sent',
      _framed: '1',
    }
    const answer = await this.#post({ _task: 'mail' }, fields)
    if (!answer.includes('sent_successfully')) throw new Error(`not sent: ${messagesOf(answer)}`)
  }

  /** Ends it. @returns what it and the server said to one another over IMAP */
  async stop(): Promise<string> {
    const said = await readFile(path.join(this.#folder, 'imap.log'), 'utf8').catch(() => '')
    await this.#daemon.stop()
    return said
  }

  /** What the page's script asks for. */
  async #ask(action: string, query: Fields): Promise<string> {
    const isRead = action === 'list' || action === 'search'
    const all = { _remote: '1', _unlock: '0', ...query }
    const target = { _task: 'mail', _action: action }
    const text = isRead ? await this.#page({ ...target, ...all }) : await this.#post(target, all)
    const answer: { exec?: string } = JSON.parse(text)
    const script = answer.exec ?? ''
    if (/display_message\("[^"]*","(?:error|warning)"/.test(script))
      throw new Error(`${action}: ${script}`)
    return script
  }

  #page(query: Fields): Promise<string> {
    return this.#browser.page(query)
  }

  #post(query: Fields, fields: Fields): Promise<string> {
    return this.#browser.post(query, { _token: this.#token, ...fields })
  }
}

function settingsOf(suite: ProcessSuite, folder: string): string {
  const tls = `['ssl' => ['cafile' => '${suite.caFile}', 'peer_name' => 'mail.example.test', 'verify_peer' => true]]`
  return `<?php
$config['db_dsnw'] = 'sqlite:///${folder}/database?mode=0600';
$config['imap_host'] = 'ssl://127.0.0.1:${suite.ports.imaps}';
$config['imap_conn_options'] = ${tls};
$config['smtp_host'] = 'tls://127.0.0.1:${suite.ports.submission}';
$config['smtp_conn_options'] = ${tls};
$config['des_key'] = 'a key of twenty-four oct';
$config['log_dir'] = '${folder}';
$config['temp_dir'] = '${folder}';
$config['imap_debug'] = true;
$config['plugins'] = [];
$config['spellcheck_dictionary'] = false;
$config['skin'] = 'elastic';
`
}

function tokenOf(page: string): string {
  return found(/"request_token":"([^"]+)"/, page)
}

function found(pattern: RegExp, page: string): string {
  const [, text] = pattern.exec(page) ?? []
  if (text === undefined) throw new Error(`no ${pattern.source} in ${page.slice(0, 2000)}`)
  return text
}

/** What a page tells its reader. */
function messagesOf(page: string): string {
  return [...page.matchAll(/display_message\((.*?)\);/g)].map(([, text]) => text).join('; ')
}
