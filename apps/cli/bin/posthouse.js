#!/usr/bin/env node
// `posthouse`: changes over to the Node of the lockfile if this one is too old, then runs what was built.
import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { isNewEnough, neededMajor, root, say } from './house.js'

const main = path.join(root, 'apps/cli/dist/main.js')

if (!isNewEnough) {
  const { canChangeOver, changeOver } = await import('./change-over.js')
  if (!canChangeOver()) stop(`Posthouse needs Node ${neededMajor}, which comes with: npm ci`)
  await changeOver([fileURLToPath(import.meta.url), ...process.argv.slice(2)])
}
if (!existsSync(main))
  stop('Posthouse is not built yet. Build it with: npm run build   (npm start does it by itself)')
const { enableCompileCache } = await import('node:module')
enableCompileCache(path.join(root, 'node_modules/.cache/posthouse'))
await import(main)

/** @param {string} text */
function stop(text) {
  say(text)
  process.exit(1)
}
