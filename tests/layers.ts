import { checkFiles } from './layers/check-files.ts'
import { checkManifests } from './layers/check-manifests.ts'
import { readHouse } from './layers/house.ts'

// `npm run check` runs this: the walls of the house, DESIGN.md "The house", as a program.
const house = await readHouse()
const findings = [...house.flatMap(checkFiles), ...house.flatMap((part) => checkManifests(part))]
for (const finding of findings) process.stdout.write(`${finding}\n`)
process.exit(findings.length === 0 ? 0 : 1)
