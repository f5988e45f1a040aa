/**
 * Whether a client is a program on this machine: a job's report, a monitor, a form on a web page. They sign in nowhere, write
 * short headers, and say what they like; who could misuse them is in the house already.
 */
export function isOnThisMachine(address: string): boolean {
  return LOOPBACK.test(address)
}

/**
 * Whether a client is on this machine or in the network around it: private, shared and link-local addresses, which have no names and
 * stand on no lists that anybody could ask.
 */
export function isNearby(address: string): boolean {
  return LOOPBACK.test(address) || PRIVATE.test(address)
}

const LOOPBACK = /^(?:::ffff:)?127\.|^::1$/i
const PRIVATE =
  /^(?:::ffff:)?(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)|^f[cd]|^fe80:/i
