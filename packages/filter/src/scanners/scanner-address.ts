/** Where a scanner listens: what `net.connect` takes. */
export type ScannerAddress =
  | { readonly path: string }
  | { readonly host: string; readonly port: number }

/** Reads `unix:/PATH`, `HOST:PORT` or `[IPv6]:PORT`; undefined: none of them. */
export function scannerAddress(text: string): ScannerAddress | undefined {
  if (text.startsWith('unix:/')) return { path: text.slice('unix:'.length) }
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+)):(\d{1,5})$/i.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3] ?? 0)
  if (host === undefined || port < 1 || port > 65_535) return undefined
  return { host, port }
}
