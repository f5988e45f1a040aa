/** A piece of XML that is well-formed. */
export interface Markup {
  readonly xml: string
}

/** What can stand in an element. */
export type Content = string | number | Markup | readonly Markup[]

/** An element; texts and values of attributes are escaped. */
export function element(
  name: string,
  content: Content = '',
  attributes: Readonly<Record<string, string>> = {},
): Markup {
  const given = Object.entries(attributes).map(([key, value]) => ` ${key}="${escape(value)}"`)
  const start = `${name}${given.join('')}`
  const inner = inside(content)
  return { xml: inner === '' ? `<${start}/>` : `<${start}>${inner}</${name}>` }
}

/** Octets of a document with this root, declaration and all. */
export function document(root: Markup, doctype = ''): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${doctype}${root.xml}\n`
}

function inside(content: Content): string {
  if (typeof content === 'string') return escape(content)
  if (typeof content === 'number') return String(content)
  return 'xml' in content ? content.xml : content.map(({ xml }) => xml).join('')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** Characters that XML 1.0 §2.2 does not know are taken out: no way of writing them is well-formed. */
function escape(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '')
    .replaceAll(/[&<>"']/g, (character) => entities[character] ?? '')
}
