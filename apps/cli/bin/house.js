// Where the house stands and how to find its parts. Plain JavaScript: it runs before anything is installed or built.
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root folder of the repository. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..')

/** The Node that the lockfile brings (an ordinary dependency), there after `npm ci`. */
export const houseNode = path.join(root, 'node_modules/.bin/node')

/** The oldest Node that the built code runs on; the lockfile brings a newer one. */
export const neededMajor = 24

/** True if the Node that runs this file is new enough for the built code. */
export const isNewEnough = Number(process.versions.node.split('.')[0]) >= neededMajor

/**
 * Says something to the person at the terminal.
 * @param {string} text one line without its end
 */
export function say(text) {
  process.stderr.write(`${text}\n`)
}
