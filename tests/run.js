// `npm test [-- WORD…]` and `npm run test:long -- NAME`: installs, then runs the runner under the house's Node.
import path from 'node:path'
import { changeOver } from '../apps/cli/bin/change-over.js'
import { root, say } from '../apps/cli/bin/house.js'
import { installIfStale } from '../apps/cli/bin/install.js'

try {
  await installIfStale()
} catch (error) {
  say(`posthouse: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}
const runner = path.join(root, 'tests/runner/main.ts')
await changeOver(['--conditions=@posthouse/source', runner, ...process.argv.slice(2)], {
  cwd: root,
})
