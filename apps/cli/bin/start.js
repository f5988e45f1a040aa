#!/usr/bin/env node
// `npm start`: install, build, change over to the Node of the lockfile, run `posthouse up`.
import path from 'node:path'
import { buildIfStale } from './build.js'
import { changeOver } from './change-over.js'
import { isNewEnough, root, say } from './house.js'
import { installIfStale } from './install.js'

try {
  await installIfStale()
  await buildIfStale()
} catch (error) {
  say(`posthouse: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}
const posthouse = path.join(root, 'apps/cli/bin/posthouse.js')
const rest = ['up', ...process.argv.slice(2)]
if (isNewEnough) {
  process.argv.splice(1, process.argv.length, posthouse, ...rest)
  await import(posthouse)
} else await changeOver([posthouse, ...rest])
