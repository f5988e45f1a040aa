import { spawn, type ChildProcess } from 'node:child_process'
import { mkdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Marionette } from './marionette.ts'
import { password, type ProcessSuite } from './process-suite.ts'
import { findProgram } from './run-program.ts'
import type { Scratch } from './scratch.ts'
import { waitFor } from './wait-for.ts'

/** A message as a folder of Thunderbird shows it. */
export interface Shown {
  readonly subject: string
  readonly isRead: boolean
  readonly isFlagged: boolean
}

/** What keeps a fresh profile from asking, fetching and reporting things. */
const preferences: readonly (readonly [string, string | number | boolean])[] = [
  ['marionette.port', 0],
  ['app.donation.eoy.version.viewed', 999],
  ['app.update.enabled', false],
  ['datareporting.policy.dataSubmissionEnabled', false],
  ['extensions.update.enabled', false],
  ['mail.biff.show_alert', false],
  ['mail.provider.suppress_dialog_on_startup', true],
  ['mail.rights.version', 1],
  ['mailnews.start_page.enabled', false],
  ['mailnews.start_page_override.mstone', 'ignore'],
  ['toolkit.telemetry.enabled', false],
]
const driverFile = fileURLToPath(new URL('thunderbird-driver.js', import.meta.url))

/** Thunderbird without a screen, in a profile of its own, driven over its remote protocol. */
export class Thunderbird {
  readonly #child: ChildProcess
  readonly #protocol: string
  readonly #profile: string
  readonly #driver: string
  #marionette: Marionette | undefined

  private constructor(child: ChildProcess, profile: string, protocol: string, driver: string) {
    this.#child = child
    this.#profile = profile
    this.#protocol = protocol
    this.#driver = driver
  }

  /** Starts it in a new profile with an account of this kind. */
  static async start(
    suite: ProcessSuite,
    scratch: Scratch,
    kind: 'imap' | 'pop3',
    user: string,
  ): Promise<Thunderbird> {
    const bird = await Thunderbird.#launch(scratch, kind, preferences)
    try {
      const ca = await authorityOf(suite.caFile)
      const port = suite.ports[kind === 'imap' ? 'imaps' : 'pop3s']
      const smtpPort = suite.ports.submissions
      await bird.does('setUp', { kind, user, password, port, smtpPort, ca })
      return bird
    } catch (error) {
      await bird.stop()
      throw error
    }
  }

  /**
   * Starts it in a new profile without an account. Every name is this machine, and the ports of the world are those of the
   * suite: nothing is asked elsewhere.
   */
  static startFresh(
    scratch: Scratch,
    name: string,
    ports: Readonly<Record<number, number>>,
  ): Promise<Thunderbird> {
    const moved = Object.entries(ports).map(([from, to]) => `${from}=${to}`)
    return Thunderbird.#launch(scratch, name, [
      ...preferences,
      ['network.dns.forceResolve', '127.0.0.1'],
      ['network.socket.forcePort', moved.join(';')],
    ])
  }

  static async #launch(
    scratch: Scratch,
    name: string,
    wanted: typeof preferences,
  ): Promise<Thunderbird> {
    const profile = path.join(scratch.folder, name)
    await mkdir(profile)
    const lines = wanted.map(
      ([preference, value]) => `user_pref("${preference}", ${JSON.stringify(value)});`,
    )
    await scratch.write(path.join(name, 'user.js'), lines)
    const protocol = path.join(scratch.folder, `${name}.moz_log`)
    const driver = await readFile(driverFile, 'utf8')
    const bird = new Thunderbird(launch(profile, protocol), profile, protocol, driver)
    try {
      await bird.#connect()
      return bird
    } catch (error) {
      await bird.stop()
      throw error
    }
  }

  /** Does one of the driver's actions. */
  async does(action: string, ...args: readonly unknown[]): Promise<unknown> {
    if (this.#marionette === undefined) throw new Error('Thunderbird does not run')
    const script = `${this.#driver}\nreturn actions[arguments[0]](...arguments[1])`
    return this.#marionette.run(script, [action, args])
  }

  /** Opens a folder as a click on it does, and returns what it shows. */
  async open(folder: string): Promise<readonly Shown[]> {
    return (await this.does('open', folder)) as readonly Shown[]
  }

  /** Opens a folder until it shows these subjects, in whatever order. */
  async untilShown(folder: string, subjects: readonly string[]): Promise<readonly Shown[]> {
    const wanted = subjects.toSorted().join('\n')
    return waitFor(`Thunderbird to show ${subjects.join(', ')} in ${folder}`, async () => {
      const shown = await this.open(folder)
      return shown
        .map(({ subject }) => subject)
        .toSorted()
        .join('\n') === wanted
        ? shown
        : undefined
    })
  }

  /** Quits as a user does; kills what does not. Returns what it said and heard over IMAP. */
  async stop(): Promise<string> {
    await this.does('quit').catch(() => undefined)
    const { pid } = this.#child
    const hasEnded = () => this.#child.exitCode !== null || this.#child.signalCode !== null
    await waitFor('Thunderbird to quit', () => hasEnded() || undefined, 20_000).catch(
      () => undefined,
    )
    this.#marionette?.close()
    // Its helpers are of its group.
    if (pid !== undefined) killGroup(pid)
    await waitFor('Thunderbird to end', () => hasEnded() || undefined)
    const said = await readFile(this.#protocol, 'latin1').catch(() => '')
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
    return said
  }

  async #connect(): Promise<void> {
    const port = await waitFor('Thunderbird to listen', async () => {
      if (this.#child.exitCode !== null)
        throw new Error(`Thunderbird ended: ${this.#child.exitCode}`)
      const text = await readFile(path.join(this.#profile, 'MarionetteActivePort'), 'latin1').catch(
        () => '',
      )
      return /^\d+$/.test(text.trim()) ? Number(text) : undefined
    })
    this.#marionette = await Marionette.connect(port)
  }
}

/** A certificate as Mozilla's programs take it. */
export async function authorityOf(file: string): Promise<string> {
  return (await readFile(file, 'latin1')).replaceAll(/-----[^-]+-----|\s/g, '')
}

function launch(profile: string, protocol: string): ChildProcess {
  const program = findProgram('thunderbird') ?? 'thunderbird'
  const remote = ['--marionette', '--remote-allow-system-access', '--no-remote']
  return spawn(program, ['--headless', ...remote, '--profile', profile], {
    detached: true,
    env: {
      ...process.env,
      HOME: profile,
      MOZ_LOG: 'IMAP:4',
      MOZ_LOG_FILE: protocol,
    },
    stdio: 'ignore',
  })
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // ESRCH: nobody is left.
  }
}
