#!/usr/bin/env node
// `npm start`: install, build, change over to the Node of the lockfile, run `posthouse up`.
import { existsSync } from 'node:fs'
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
keepToThisFolder(rest)
if (isNewEnough) {
  process.argv.splice(1, process.argv.length, posthouse, ...rest)
  await import(posthouse)
} else await changeOver([posthouse, ...rest])

/**
 * Starts what is in ./var also where the machine has an installation, which is what commands mean there.
 * @param {readonly string[]} args
 */
function keepToThisFolder(args) {
  const { env } = process
  const isNamed = env.POSTHOUSE_CONFIG || env.POSTHOUSE_DATA
  if (isNamed || args.some((arg) => arg.startsWith('--config'))) return
  if (!existsSync('/etc/posthouse')) return
  say('posthouse: this starts ./var; the installation of this machine (/etc/posthouse) is another')
  say('posthouse: commands for this one: POSTHOUSE_DATA=var npx posthouse …')
  const file = path.join('var', 'posthouse.toml')
  if (existsSync(file)) env.POSTHOUSE_CONFIG = file
  else env.POSTHOUSE_DATA = 'var'
}
