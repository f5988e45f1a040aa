import { existsSync, mkdtempSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { isAlive } from '../process-tree.ts'
import { pause } from './scene.ts'

const hook = fileURLToPath(new URL('orders-hook.js', import.meta.url))

/** A process that does not take its order by then is hung. */
const patienceMs = 5000

/** What a process of the suite is told to do to itself. */
export interface Order {
  /** As `POSTHOUSE_FAULT_POINTS`; empty: none. */
  readonly points?: string
  /** How far its clock is ahead of the system's; below zero: behind. */
  readonly clockMs?: number
}

/** Orders to single processes of a running suite. They know how to take them from a module that only tests load. */
export class Orders {
  readonly #folder = mkdtempSync(path.join(os.tmpdir(), 'faults-'))
  readonly #file = path.join(this.#folder, 'orders.json')

  /** What the suite's environment needs, with this of another's `NODE_OPTIONS`. */
  env(options = ''): Readonly<Record<string, string>> {
    return {
      NODE_OPTIONS: `--import ${hook} ${options}`.trim(),
      POSTHOUSE_FAULT_ORDERS: this.#file,
    }
  }

  /** One at a time: resolves when the process has read it, or has ended, or hears nothing. */
  async give(pid: number, order: Order): Promise<void> {
    await writeFile(this.#file, JSON.stringify({ ...order, pid }))
    try {
      process.kill(pid, 'SIGUSR2')
    } catch {
      // It has ended.
      return
    }
    for (const end = Date.now() + patienceMs; Date.now() < end; await pause(5))
      if (!existsSync(this.#file) || !(await isAlive(pid))) return
  }

  async close(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
  }
}
