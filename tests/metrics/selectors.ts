/** What a query asks of one metric. */
export interface Selector {
  readonly metric: string
  readonly matchers: readonly Matcher[]
}

/** `result=~"a|b"`. */
export interface Matcher {
  readonly label: string
  readonly operator: string
  readonly value: string
}

/** Every metric that a PromQL expression names, with its matchers. */
export function selectorsOf(expression: string): readonly Selector[] {
  const found = expression.matchAll(/\b(up|posthouse_[a-z0-9_]+)\b(?:\{([^}]*)\})?/g)
  return [...found].map(([, metric = '', braces = '']) => ({
    metric,
    matchers: matchersOf(braces),
  }))
}

/** Labels that it groups by, or matches on. */
export function groupingsOf(expression: string): readonly string[] {
  const found = expression.matchAll(/\b(?:by|without|on|ignoring) \(([^)]*)\)/g)
  return [...found]
    .flatMap(([, names = '']) => names.split(',').map((name) => name.trim()))
    .filter((name) => name !== '')
}

function matchersOf(braces: string): readonly Matcher[] {
  const found = braces.matchAll(/([a-z_]+)(=~|!~|!=|=)"([^"]*)"/g)
  return [...found].map(([, label = '', operator = '', value = '']) => ({ label, operator, value }))
}
