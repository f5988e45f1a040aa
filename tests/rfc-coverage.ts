import { access, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { readCitations } from './rfc-coverage/citations.ts'
import { render } from './rfc-coverage/render.ts'
import { carriedOut, notOffered } from './rfc-coverage/table.ts'

// `npm run check` runs this: is docs/rfc-coverage.md what the transcripts and the table say? With --write it makes it so.
const root = fileURLToPath(new URL('..', import.meta.url))
const file = path.join(root, 'docs/rfc-coverage.md')
const { page, unknown } = render(await readCitations(root), carriedOut, notOffered)
const findings = unknown.map(
  (rfc) => `RFC ${rfc} is cited, and is not in tests/rfc-coverage/table.ts`,
)
for (const place of carriedOut.flatMap(({ elsewhere }) => elsewhere ?? [])) {
  const isThere = await access(path.join(root, place)).then(
    () => true,
    () => false,
  )
  if (!isThere) findings.push(`${place} is in tests/rfc-coverage/table.ts, and is not there`)
}
if (process.argv.includes('--write')) await writeFile(file, page)
else if ((await readFile(file, 'utf8').catch(() => '')) !== page)
  findings.push('docs/rfc-coverage.md is out of date: node tests/rfc-coverage.ts --write')
for (const finding of findings) process.stdout.write(`${finding}\n`)
process.exit(findings.length === 0 ? 0 : 1)
