// `npm run check`: types, lint, format, the layer rules, docs/rfc-coverage.md, docs/cli.md and docs/metrics.md, one line each.
import { spawn } from 'node:child_process'
import path from 'node:path'
import { buildIfStale } from '../apps/cli/bin/build.js'
import { houseNode, root, say } from '../apps/cli/bin/house.js'
import { installIfStale } from '../apps/cli/bin/install.js'

const bin = path.join(root, 'node_modules/.bin')
const checks = [
  { name: 'types', command: [path.join(bin, 'tsc'), '-p', 'tests'] },
  {
    name: 'lint',
    // One program for everything: by package, a test that reaches its own package through another one finds built files.
    command: [
      path.join(bin, 'oxlint'),
      '--type-aware',
      '--deny-warnings',
      '--tsconfig',
      'tests/tsconfig.json',
    ],
  },
  { name: 'format', command: [path.join(bin, 'oxfmt'), '--check', '.'] },
  { name: 'layers', command: [houseNode, 'tests/layers.ts'] },
  { name: 'coverage', command: [houseNode, 'tests/rfc-coverage.ts'] },
  {
    name: 'reference',
    command: [houseNode, '--conditions=@posthouse/source', 'tests/cli-reference.ts'],
  },
  {
    name: 'metrics',
    command: [houseNode, '--conditions=@posthouse/source', 'tests/metrics-reference.ts'],
  },
]

/**
 * @param {readonly string[]} command
 * @returns {Promise<{ ok: boolean, words: string }>}
 */
function run([file = '', ...args]) {
  const env = { ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH ?? ''}` }
  const child = spawn(file, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let words = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (words += text))
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ ok: false, words: error.message }))
    child.on('close', (code) => resolve({ ok: code === 0, words: words.trim() }))
  })
}

try {
  await installIfStale()
  // The linter takes what a test knows of other packages from what was built of them.
  await buildIfStale()
} catch (error) {
  say(`posthouse: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}
let failed = 0
for (const { name, command } of checks) {
  const begun = Date.now()
  const { ok, words } = await run(command)
  if (!ok) failed += 1
  const seconds = ((Date.now() - begun) / 1000).toFixed(1)
  process.stdout.write(`${ok ? 'ok  ' : 'FAIL'}  ${name} (${seconds} s)\n`)
  if (!ok) process.stdout.write(`${words}\n`)
}
process.exit(failed === 0 ? 0 : 1)
