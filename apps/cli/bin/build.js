// Builds dist when the sources are not those it was built from.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { houseNode, root, say } from './house.js'

const stampFile = path.join(root, 'apps/cli/dist/.built-from')

/**
 * Runs the build (`turbo run build:all`, which is `tsc -b`) if dist is absent or stale, by content.
 * @returns {Promise<void>} rejects with the compiler's words when it fails
 */
export async function buildIfStale() {
  const hash = await hashOfSources()
  if (existsSync(stampFile) && (await readFile(stampFile, 'utf8')) === hash) return
  say('posthouse: building …')
  await runBuild()
  await writeFile(stampFile, hash)
}

/** A hash over every file that the build reads, with its path. */
async function hashOfSources() {
  const files = [path.join(root, 'tsconfig.base.json'), path.join(root, 'package-lock.json')]
  for (const group of ['packages', 'apps'])
    for (const name of await readdir(path.join(root, group)))
      files.push(...(await filesOf(path.join(root, group, name))))
  const hash = createHash('sha256')
  const inOrder = files.toSorted((a, b) => (a < b ? -1 : 1))
  for (const file of inOrder) {
    const content = await readFile(file).catch(() => Buffer.alloc(0))
    hash.update(`${path.relative(root, file)} ${content.length}\n`).update(content)
  }
  return hash.digest('hex')
}

/** @param {string} folder one package */
async function filesOf(folder) {
  const source = path.join(folder, 'src')
  const names = existsSync(source) ? await readdir(source, { recursive: true }) : []
  const sources = names.filter(
    (name) => name.endsWith('.ts') && !/\.(test|fixture)\.ts$/.test(name),
  )
  return [
    ...sources.map((name) => path.join(source, name)),
    ...['package.json', 'tsconfig.json'].map((name) => path.join(folder, name)),
  ]
}

function runBuild() {
  const args = [
    'run',
    'build:all',
    '--output-logs=errors-only',
    '--no-update-notifier',
    '--ui=stream',
  ]
  const env = {
    ...process.env,
    TURBO_TELEMETRY_DISABLED: '1',
    DO_NOT_TRACK: '1',
    PATH: `${path.dirname(houseNode)}${path.delimiter}${process.env.PATH ?? ''}`,
  }
  const turbo = path.join(root, 'node_modules/turbo/bin/turbo')
  const child = spawn(process.execPath, [turbo, ...args], { cwd: root, env, stdio: 'pipe' })
  let words = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (words += text))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(undefined)
      else reject(new Error(`the build failed:\n${words.trim()}`))
    })
  })
}
