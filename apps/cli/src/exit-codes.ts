/** What an exit code of `posthouse` means; scripts rely on these numbers. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  checkFailed: 3,
  notPermitted: 4,
  notFound: 5,
  conflict: 6,
  unreachable: 7,
  pending: 8,
  partial: 9,
  warnings: 10,
  interrupted: 130,
} as const

/** The name of an exit code. */
export type ExitName = keyof typeof exitCodes
