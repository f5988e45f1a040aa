/** A port that could not be opened. */
export class ListenError extends Error {
  readonly host: string
  readonly port: number
  /** `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, … */
  readonly code: string

  constructor(host: string, port: number, code: string) {
    super(`cannot listen on ${host} port ${port}: ${code}`)
    this.name = 'ListenError'
    this.host = host
    this.port = port
    this.code = code
  }
}
