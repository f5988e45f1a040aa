// `npm run faults`: installs and builds, then breaks things under the house's Node.
import path from 'node:path'
import { buildIfStale } from '../../apps/cli/bin/build.js'
import { changeOver } from '../../apps/cli/bin/change-over.js'
import { root, say } from '../../apps/cli/bin/house.js'
import { installIfStale } from '../../apps/cli/bin/install.js'

try {
  await installIfStale()
  await buildIfStale()
} catch (error) {
  say(`posthouse: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}
const harness = path.join(root, 'tests/faults/harness/main.ts')
await changeOver(['--conditions=@posthouse/source', harness, ...process.argv.slice(2)], {
  cwd: root,
})
