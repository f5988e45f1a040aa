// Runs the rest of a command under the Node of the lockfile, as if it had replaced this process.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { houseNode } from './house.js'

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2']

/**
 * Starts the house's Node with these arguments and lives exactly as long as it: signals go through, messages of
 * a parent's channel go through both ways, its exit code or signal becomes ours. If this process is killed, the
 * child sees its channel close and ends by itself.
 * @param {readonly string[]} args arguments of Node: options, script, arguments
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string }} [options]
 * @returns {Promise<never>}
 */
export function changeOver(args, options = {}) {
  const child = spawn(houseNode, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  for (const signal of forwarded) process.on(signal, () => child.kill(signal))
  if (process.send !== undefined) relay(child)
  return new Promise((_, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => endAs(code, signal))
  })
}

/** True if the house's Node is installed. */
export function canChangeOver() {
  return existsSync(houseNode)
}

/** @param {import('node:child_process').ChildProcess} child */
function relay(child) {
  process.on('message', (message) => child.connected && child.send(message))
  process.on('disconnect', () => child.connected && child.disconnect())
  child.on('message', (message) => process.connected && process.send?.(message))
}

/**
 * Ends as the child ended: a shell must be able to tell a signal from an exit code.
 * @param {number | null} code
 * @param {keyof import('node:os').SignalConstants | null} signal
 */
function endAs(code, signal) {
  if (signal === null) process.exit(code ?? 1)
  for (const name of forwarded) process.removeAllListeners(name)
  process.kill(process.pid, signal)
  // Signals that Node keeps for itself do not end us: answer with the shell's number for them.
  setTimeout(() => process.exit(128 + (constants.signals[signal] ?? 0)), 200)
}
