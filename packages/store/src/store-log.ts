import type { Log } from '@posthouse/telemetry'

/** The part of telemetry's log that the store writes to. */
export type StoreLog = Pick<Log, 'debug' | 'info' | 'warn' | 'error'>

/** A log that keeps nothing, for short-lived commands and tests. */
export const silentLog: StoreLog = { debug() {}, info() {}, warn() {}, error() {} }
