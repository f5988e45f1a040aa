/** What clamd said of a stream. */
export type ClamdReply =
  | { readonly kind: 'clean' }
  | { readonly kind: 'found'; readonly name: string }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'error'; readonly text: string }

/**
 * Reads the answer to zINSTREAM: `stream: OK`, `stream: NAME FOUND`, `… ERROR`, each ending in NUL. Whatever else it is, is an
 * error: never "clean" by mistake.
 */
export function readClamdReply(answer: Buffer): ClamdReply {
  if (answer.at(-1) !== 0) return { kind: 'error', text: 'half an answer' }
  const line = lineOf(answer)
  if (line === 'stream: OK') return { kind: 'clean' }
  const name = /^stream: (.{1,200}) FOUND$/.exec(line)?.[1]
  if (name !== undefined) return { kind: 'found', name: cleanName(name) }
  if (/^INSTREAM size limit exceeded\b/.test(line)) return { kind: 'too-large' }
  return { kind: 'error', text: line.slice(0, 200) }
}

/** `ClamAV 1.4.3/27400/Fri Feb 27 10:00:00 2026`, as VERSION answers; undefined for anything else. */
export function readClamdVersion(answer: Buffer): string | undefined {
  const line = lineOf(answer)
  return /^ClamAV [\x20-\x7e]{1,150}$/.test(line) ? line : undefined
}

function lineOf(answer: Buffer): string {
  return answer.toString('latin1').replace(/[\0\n]+$/, '')
}

/** A signature's name goes into a reply to a stranger. */
function cleanName(name: string): string {
  return name.replaceAll(/[^\w.:+()/-]+/g, '_').slice(0, 80)
}
