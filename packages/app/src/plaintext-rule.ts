import type { PlaintextRule } from '@posthouse/config'

/**
 * Whether a password may be asked for and taken on this connection: under TLS always; in clear text
 * only with the rule `loopback` and when both ends are loopback addresses. The one place that
 * decides it, for all apps.
 */
export function mayUsePassword(
  rule: PlaintextRule,
  connection: { readonly secure: boolean; readonly isLoopback: boolean },
): boolean {
  return connection.secure || (rule === 'loopback' && connection.isLoopback)
}
