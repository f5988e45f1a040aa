import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import puppeteer, { type Browser, type Page } from 'puppeteer-core'
import { findProgram } from './run-program.ts'

/** A window of a browser. */
export interface Window {
  readonly page: Page
  /** What the page's policy forbade, and what its scripts complained of. */
  readonly complaints: readonly string[]
}

/** How a window looks at things. */
export interface WindowOptions {
  readonly width: number
  readonly height?: number
  readonly theme?: 'light' | 'dark'
  /** False: scripts do not run. */
  readonly hasScripts?: boolean
}

/** Debian's Chromium without a screen, to which every name is this machine. */
export class Chromium {
  readonly #browser: Browser
  readonly #profile: string

  private constructor(browser: Browser, profile: string) {
    this.#browser = browser
    this.#profile = profile
  }

  /** Starts it in a new profile. */
  static async start(): Promise<Chromium> {
    const profile = await mkdtemp(path.join(os.tmpdir(), 'chromium-'))
    const browser = await puppeteer.launch({
      executablePath: findProgram('chromium') ?? 'chromium',
      userDataDir: profile,
      headless: true,
      acceptInsecureCerts: true,
      // Root has no sandbox; nothing but our own pages is opened. Nothing is asked of the network.
      args: [
        '--no-sandbox',
        '--disable-dev-shm-usage',
        '--host-resolver-rules=MAP * 127.0.0.1',
        '--force-prefers-reduced-motion',
      ],
      timeout: 120_000,
      protocolTimeout: 120_000,
    })
    return new Chromium(browser, profile)
  }

  /** Opens a window of its own. */
  async open({
    width,
    height = 900,
    theme = 'light',
    hasScripts = true,
  }: WindowOptions): Promise<Window> {
    const context = await this.#browser.createBrowserContext()
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`))
    page.setDefaultTimeout(60_000)
    await page.setViewport({ width, height, deviceScaleFactor: 1.5, isMobile: width < 600 })
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }])
    await page.setJavaScriptEnabled(hasScripts)
    return { page, complaints }
  }

  async stop(): Promise<void> {
    await this.#browser.close()
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
  }
}
