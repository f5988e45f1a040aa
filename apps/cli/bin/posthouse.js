#!/usr/bin/env node
// `posthouse`: changes over to the Node of the lockfile if this one is too old, builds what was never built, and runs it.
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
if (!existsSync(main)) {
  const { buildIfStale } = await import('./build.js')
  await buildIfStale().catch((error) =>
    stop(error instanceof Error ? error.message : String(error)),
  )
}
const { enableCompileCache } = await import('node:module')
enableCompileCache(path.join(root, 'node_modules/.cache/posthouse'))
await import(main)

/** @param {string} text */
function stop(text) {
  say(text)
  process.exit(1)
}
