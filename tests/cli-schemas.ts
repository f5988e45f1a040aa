import { glob, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import {
  errorLine,
  listDocument,
  objectDocument,
  progressLine,
} from '../apps/cli/src/output/envelope.ts'
import { declaredKinds, type Kind } from '../apps/cli/src/output/kind.ts'
import type { JsonSchema } from '../apps/cli/src/output/shape.ts'
import { schema, type Row } from '../apps/cli/src/output/terminal.ts'

// docs/schemas: the JSON that commands print, from what is declared beside them. tests/cli-reference.ts writes and holds it.

const sources = fileURLToPath(new URL('../apps/cli/src/', import.meta.url))

/** Every kind that a command of the tree prints, by name: loads the modules that declare one. */
export async function allKinds(): Promise<readonly Kind<Row>[]> {
  for await (const file of glob('**/*.ts', { cwd: sources })) {
    if (file.endsWith('.test.ts') || file.startsWith('output/')) continue
    const text = await readFile(sources + file, 'utf8')
    if (text.includes('output/kind.ts')) await import(sources + file)
  }
  return [...declaredKinds().values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** The published schema: what stands on standard output, and on standard error, with `--json`. A definition a line. */
export function schemaText(kinds: readonly Kind<Row>[]): string {
  const { $defs, ...head } = schemaOf(kinds)
  const lines = Object.entries($defs).map(
    ([name, one]) => `    ${JSON.stringify(name)}: ${JSON.stringify(one)}`,
  )
  const top = Object.entries(head).map(
    ([name, one]) => `  ${JSON.stringify(name)}: ${JSON.stringify(one)},\n`,
  )
  return `{\n${top.join('')}  "$defs": {\n${lines.join(',\n')}\n  }\n}\n`
}

/** The same as an object. */
export function schemaOf(
  kinds: readonly Kind<Row>[],
): JsonSchema & { readonly $defs: Readonly<Record<string, JsonSchema>> } {
  const documents = kinds.flatMap(({ name, about }) => {
    const fields = { $ref: `#/$defs/${name}` }
    return [
      [`${name}Document`, { description: about, ...objectDocument(name, fields) }],
      [`${name}ListDocument`, { description: `A list: ${about}`, ...listDocument(name, fields) }],
    ] as const
  })
  const lines = [
    ['ErrorLine', { description: 'A failure, on standard error.', ...errorLine.schema }],
    ['ProgressLine', { description: 'How far it is, on standard error.', ...progressLine.schema }],
  ] as const
  const whole = [...documents, ...lines]
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: schema,
    description:
      'What `posthouse … --json` prints. A name, and what it means, holds within this version; new names may come.',
    anyOf: whole.map(([name]) => ({ $ref: `#/$defs/${name}` })),
    $defs: Object.fromEntries([
      ...kinds.map(({ name, about, schema: fields }) => [name, { description: about, ...fields }]),
      ...whole,
    ]),
  }
}
