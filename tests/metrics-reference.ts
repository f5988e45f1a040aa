import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { declaredMetrics, labelText } from './metrics/declared.ts'

// `npm run check` runs this: docs/metrics.md is what the declarations say. `--write` makes it so.

const file = fileURLToPath(new URL('../docs/metrics.md', import.meta.url))

const head = `# Metrics

Made from the declarations by \`node --conditions=@posthouse/source tests/metrics-reference.ts --write\`; how to scrape them and be
woken by them: [operating.md](operating.md#metrics-and-alerts).

Every name begins with \`posthouse_\`. A histogram has \`_bucket\`, \`_sum\` and \`_count\`. Labels have the values that are listed and no
others, or words of this installation's own; never an address, and nothing that a stranger says. The label \`app\` is one of the
suite's apps, \`up\` for the process that runs the others, or \`together\`.

| Metric | Kind | Labels | What it tells |
|---|---|---|---|
`

const rows = (await declaredMetrics()).map(({ name, kind, labels, help }) => {
  const cells = [`\`${name}\``, kind, labels.map(labelText).join('<br>'), help]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
})
const wanted = head + rows.join('')
if (process.argv.includes('--write')) await writeFile(file, wanted)
else if ((await readFile(file, 'utf8').catch(() => '')) !== wanted) {
  process.stdout.write(
    'docs/metrics.md is out of date: node --conditions=@posthouse/source tests/metrics-reference.ts --write\n',
  )
  process.exitCode = 1
}
