import { MAX_ACTIVE_BYTES } from '../limits.ts'

/** What an HTML or SVG attachment does when it is opened, in words; undefined: it only shows something. */
export function activeContent(octets: Buffer): string | undefined {
  const text = octets.toString('latin1', 0, MAX_ACTIVE_BYTES)
  const lower = text.toLowerCase()
  if (!SCRIPTED.some((mark) => lower.includes(mark))) return undefined
  if (isSvg(lower)) return 'a picture with a script in it'
  const makesFile = FILE_MAKERS.some((mark) => lower.includes(mark))
  const unpacks = UNPACKERS.some((mark) => lower.includes(mark))
  if (makesFile) return 'a page whose script makes a file'
  if (unpacks && LONG_LITERAL.test(text)) return 'a page whose script unpacks something'
  if (unpacks && WRITERS.some((mark) => lower.includes(mark)))
    return 'a page whose script writes another page'
  return undefined
}

/** Whether a page asks for a password. */
export function asksForPassword(octets: Buffer): boolean {
  return PASSWORD.test(octets.toString('latin1', 0, MAX_ACTIVE_BYTES))
}

function isSvg(lower: string): boolean {
  const svg = lower.indexOf('<svg')
  return svg >= 0 && svg < 4_096 && !lower.slice(0, svg).includes('<html')
}

const SCRIPTED = [
  '<script',
  'javascript:',
  ' onload=',
  ' onerror=',
  '\nonload=',
  '\nonerror=',
] as const
const FILE_MAKERS = ['createobjecturl', 'mssaveoropenblob', 'mssaveblob', 'new blob('] as const
const UNPACKERS = ['atob(', 'unescape(', 'fromcharcode', 'decodeuricomponent(', 'eval('] as const
const WRITERS = [
  'document.write',
  '.innerhtml',
  'location.href',
  'location.replace',
  'window.location',
  'eval(',
] as const
const LONG_LITERAL = /["'`][A-Za-z0-9+/=%\\]{1500}/
const PASSWORD = /<input[^>]{0,300}type\s{0,3}=\s{0,3}["']?password/i
