import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** A file that pages refer to. */
export interface Asset {
  /** With a hash of the content in it: it may be kept for ever. */
  readonly path: string
  readonly type: string
  readonly body: string
}

/** How our pages look. */
export const styles = readAsset('setup', 'css', 'text/css; charset=utf-8')
/** What they do more where scripts run. */
export const script = readAsset('setup', 'js', 'text/javascript; charset=utf-8')
/** The picture in a tab. */
export const icon = readAsset('icon', 'svg', 'image/svg+xml')

/** Read when the server starts: no request leads to a file. */
function readAsset(name: string, extension: string, type: string): Asset {
  const body = readFileSync(new URL(`../assets/${name}.${extension}`, import.meta.url), 'utf8')
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 12)
  return { path: `/assets/${name}.${hash}.${extension}`, type, body }
}
