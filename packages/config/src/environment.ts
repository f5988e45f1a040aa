/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The process's environment. This file is the only one that reads it. */
export function processEnvironment(): Environment {
  return process.env
}

/** One variable of the process's environment; empty counts as absent. */
export function environmentVariable(name: string): string | undefined {
  const value = processEnvironment()[name]
  return value === '' ? undefined : value
}
