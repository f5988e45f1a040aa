import assert from 'node:assert/strict'
import { z } from 'zod'
import { allKinds, schemaOf } from '../../cli-schemas.ts'

/** Holds what commands print to the published schema. */
export interface JsonCheck {
  /** One document. */
  check(what: string, stdout: string): void
  /** What a command that follows has said so far: an object a line, or nothing yet. */
  checkLines(what: string, stdout: string): void
  /** One error on one line. */
  checkError(what: string, stderr: string): void
}

/** Compiles docs/schemas, as it would be written now. */
export async function loadJsonCheck(): Promise<JsonCheck> {
  const { $defs } = schemaOf(await allKinds())
  const compiled = new Map<string, z.ZodType>()
  const hold = (what: string, name: string, value: unknown): void => {
    assert.ok(
      name in $defs,
      `${what} prints a kind that has no schema, ${name}: declare it with kind() beside the command`,
    )
    const known = compiled.get(name) ?? z.fromJSONSchema({ $defs, $ref: `#/$defs/${name}` })
    compiled.set(name, known)
    const result = known.safeParse(value)
    const because = result.success ? '' : z.prettifyError(result.error)
    assert.ok(result.success, `${what} is not as its schema ${name} says: ${because}`)
  }
  return {
    check(what, stdout) {
      const documents = documentsOf(what, stdout)
      assert.ok(documents.length > 0, `${what} prints nothing`)
      for (const document of documents) {
        const { kind } = document
        assert.ok(typeof kind === 'string', `${what} prints what says no kind`)
        hold(what, `${kind}Document`, document)
      }
    },
    checkLines(what, stdout) {
      for (const line of documentsOf(what, stdout))
        if (typeof line.kind === 'string') hold(what, `${line.kind}Document`, line)
    },
    checkError(what, stderr) {
      hold(what, 'ErrorLine', JSON.parse(stderr))
    },
  }
}

function documentsOf(what: string, stdout: string): readonly { readonly kind?: unknown }[] {
  const texts = stdout.trim() === '' ? [] : stdout.trim().split('\n')
  return texts.map((text) => {
    try {
      const value: unknown = JSON.parse(text)
      assert.ok(typeof value === 'object' && value !== null)
      return value
    } catch {
      return assert.fail(`${what} prints what is no JSON: ${text.slice(0, 200)}`)
    }
  })
}
