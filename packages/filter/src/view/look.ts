/** How an element's text looks, as far as attributes tell. Colours as `#rrggbb`; undefined: something that is not followed. */
export interface Look {
  readonly isHidden: boolean
  readonly colour: string | undefined
  readonly background: string | undefined
}

/** A page before anything is said: black on white. */
export const PAGE: Look = { isHidden: false, colour: '#000000', background: '#ffffff' }

/** The look of an element inside of another. */
export function lookOf(name: string, attributes: ReadonlyMap<string, string>, above: Look): Look {
  const style = attributes.get('style')
  const colour = attributes.get(name === 'body' ? 'text' : 'color')
  const bgcolor = attributes.get('bgcolor')
  const hasPicture = attributes.has('background')
  if (style === undefined && colour === undefined && bgcolor === undefined && !hasPicture) {
    return name === 'noscript' || name === 'a' || attributes.has('hidden')
      ? special(name, attributes, above)
      : above
  }
  const rules = style === undefined ? NONE : declarations(style)
  return {
    isHidden: above.isHidden || attributes.has('hidden') || hides(rules),
    colour: colourOf(rules.get('color') ?? colour, above.colour),
    background: hasPicture ? undefined : backgroundOf(rules, bgcolor, above.background),
  }
}

/** Whether a reader does not see text of this look. Colours count where nothing overrides them. */
export function isUnseen({ isHidden, colour, background }: Look, countsColours: boolean): boolean {
  if (isHidden) return true
  return (
    countsColours && colour !== undefined && background !== undefined && isClose(colour, background)
  )
}

/** Links have a colour of their own; text for readers without scripts is what mail readers show. */
function special(name: string, attributes: ReadonlyMap<string, string>, above: Look): Look {
  if (attributes.has('hidden')) return { ...above, isHidden: true }
  return name === 'a' ? { ...above, colour: undefined } : above
}

function declarations(style: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const part of style.slice(0, MAX_STYLE).split(';')) {
    const colon = part.indexOf(':')
    if (colon < 0) continue
    const value = part
      .slice(colon + 1)
      .replace('!important', '')
      .trim()
      .toLowerCase()
    found.set(part.slice(0, colon).trim().toLowerCase(), value)
  }
  return found
}

function hides(rules: ReadonlyMap<string, string>): boolean {
  if (rules.get('display') === 'none' || rules.get('visibility') === 'hidden') return true
  const opacity = rules.get('opacity')
  if (opacity !== undefined && Number.parseFloat(opacity) < 0.05) return true
  const size = rules.get('font-size')
  return size !== undefined && TINY.test(size)
}

function colourOf(value: string | undefined, above: string | undefined): string | undefined {
  if (value === undefined || value === 'inherit') return above
  return hexOf(value)
}

function backgroundOf(
  rules: ReadonlyMap<string, string>,
  bgcolor: string | undefined,
  above: string | undefined,
): string | undefined {
  const value = rules.get('background-color') ?? rules.get('background') ?? bgcolor
  if (rules.has('background-image')) return undefined
  if (value === undefined || value === 'transparent' || value === 'none' || value === 'inherit')
    return above
  return hexOf(value)
}

function hexOf(value: string): string | undefined {
  const text = value.trim().toLowerCase()
  const named = NAMED.get(text)
  if (named !== undefined) return named
  const hex = HEX.exec(text)?.[1]
  if (hex !== undefined) return hex.length === 6 ? `#${hex}` : `#${hex.replace(/./g, '$&$&')}`
  const rgb = RGB.exec(text)
  if (rgb === null) return undefined
  const parts = rgb
    .slice(1, 4)
    .map((part) => Math.min(255, Number(part)).toString(16).padStart(2, '0'))
  return `#${parts.join('')}`
}

/** Within a few steps of each other in every component: nobody can read that. */
function isClose(a: string, b: string): boolean {
  for (let at = 1; at < 7; at += 2) {
    const difference = parseInt(a.slice(at, at + 2), 16) - parseInt(b.slice(at, at + 2), 16)
    if (Math.abs(difference) > MAX_STEPS) return false
  }
  return true
}

const NONE: ReadonlyMap<string, string> = new Map()
const MAX_STYLE = 4_096
const MAX_STEPS = 12
/** Below 2 px or pt, or 0 of anything. */
const TINY = /^(?:0(?:\.\d+)?(?:px|pt|em|rem|%)?|1(?:\.\d+)?(?:px|pt))$/
const HEX = /^#?([0-9a-f]{6}|[0-9a-f]{3})$/
const RGB = /^rgba?\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})/
const NAMED: ReadonlyMap<string, string> = new Map([
  ['white', '#ffffff'],
  ['black', '#000000'],
  ['red', '#ff0000'],
  ['yellow', '#ffff00'],
  ['blue', '#0000ff'],
  ['green', '#008000'],
  ['silver', '#c0c0c0'],
  ['gray', '#808080'],
  ['grey', '#808080'],
])
