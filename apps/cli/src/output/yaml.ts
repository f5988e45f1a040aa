/**
 * Writes plain data (objects, arrays, strings, numbers, booleans, null) as YAML. Strings are written as JSON
 * strings, which YAML 1.2 contains, so no text can be taken for something else.
 */
export function formatYaml(value: unknown, indent = ''): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return ' []'
    return value.map((item) => `\n${indent}-${formatYaml(item, `${indent}  `)}`).join('')
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
    if (entries.length === 0) return ' {}'
    return entries
      .map(([key, item]) => `\n${indent}${key}:${formatYaml(item, `${indent}  `)}`)
      .join('')
  }
  return ` ${JSON.stringify(value)}`
}
