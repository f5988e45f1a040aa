// Installs the dependencies when what stands in node_modules is not what the lockfile says.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { root, say } from './house.js'

const lockFile = path.join(root, 'package-lock.json')
const installedFile = path.join(root, 'node_modules/.package-lock.json')
const stampFile = path.join(root, 'node_modules/.posthouse-lock')

/**
 * Runs `npm ci` if node_modules is absent or stale. Contents decide, never times: a clone, a copy and a
 * restored cache have any time they like.
 * @returns {Promise<void>} rejects with the reason when npm fails
 */
export async function installIfStale() {
  const lock = await readFile(lockFile, 'utf8')
  const hash = createHash('sha256').update(lock).digest('hex')
  if ((await readText(stampFile)) === hash && (await readText(installedFile)) !== '') return
  if (!isInstalled(lock, await readText(installedFile))) await runNpmCi()
  await writeFile(stampFile, hash)
}

/**
 * Compares what npm noted down as installed with the lockfile.
 * @param {string} lockText content of package-lock.json
 * @param {string} installedText content of node_modules/.package-lock.json, '' if absent
 */
function isInstalled(lockText, installedText) {
  const wanted = packagesOf(lockText)
  const there = packagesOf(installedText)
  if (there.size === 0) return false
  for (const [name, entry] of wanted) {
    const found = there.get(name)
    if (found === undefined && !mayBeMissing(entry)) return false
    if (found !== undefined && identity(found) !== identity(entry)) return false
  }
  return [...there.keys()].every((name) => wanted.has(name))
}

/**
 * @param {string} text a lockfile of version 3
 * @returns {Map<string, Record<string, unknown>>}
 */
function packagesOf(text) {
  try {
    const entries = Object.entries(JSON.parse(text).packages)
    return new Map(entries.filter(([name]) => name.startsWith('node_modules/')))
  } catch {
    return new Map()
  }
}

/** @param {Record<string, unknown>} entry */
function identity(entry) {
  return JSON.stringify([entry.version, entry.integrity, entry.link === true && entry.resolved])
}

/**
 * Optional packages for other platforms are in the lockfile and not on the disk.
 * @param {Record<string, unknown>} entry
 */
function mayBeMissing(entry) {
  if (entry.optional !== true) return false
  return !allows(entry.os, process.platform) || !allows(entry.cpu, process.arch) || !libcFits(entry)
}

/**
 * @param {unknown} list `os` or `cpu` of a package: names, or names with `!` before them
 * @param {string} value
 */
function allows(list, value) {
  if (list === undefined) return true
  const names = [list].flat().map(String)
  if (names.includes(`!${value}`)) return false
  return names.every((name) => name.startsWith('!')) || names.includes(value)
}

/** @param {Record<string, unknown>} entry */
function libcFits(entry) {
  if (process.platform !== 'linux' || entry.libc === undefined) return true
  const header = /** @type {any} */ (process.report.getReport()).header
  return allows(entry.libc, header.glibcVersionRuntime === undefined ? 'musl' : 'glibc')
}

/** npm's own Node runs npm: the one in node_modules is about to be taken away. */
function runNpmCi() {
  say('posthouse: installing dependencies (npm ci), about half a minute …')
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const npm = process.env.npm_execpath
  const node = process.env.npm_node_execpath ?? process.execPath
  const [command, rest] = npm === undefined ? ['npm', args] : [node, [npm, ...args]]
  const child = spawn(command, rest, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new Error(`npm could not be started: ${error.message}`)))
    child.on('exit', (code, signal) => {
      if (code === 0) resolve(undefined)
      else
        reject(new Error(`npm ci failed (${signal ?? `exit code ${code}`}); its words stand above`))
    })
  })
}

/** @param {string} file */
async function readText(file) {
  return await readFile(file, 'utf8').catch(() => '')
}
