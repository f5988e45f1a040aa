import os from 'node:os'

const mebibyte = 1024 * 1024

/** Settings by name; what is given here wins over the defaults. */
export type ServerSettings = Readonly<Record<string, string>>

/**
 * The command line's settings: unix socket only, in a folder that only its owner can enter; UTC; no statement text in the log
 * (it could hold addresses); enough connections for every app.
 */
export function settingArguments(
  socketFolder: string,
  major: number,
  settings: ServerSettings,
): readonly string[] {
  const all: ServerSettings = {
    shared_buffers: `${sharedBuffersMb()}MB`,
    max_connections: '200',
    wal_buffers: '16MB',
    max_wal_size: '2GB',
    max_parallel_workers_per_gather: '0',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    log_min_error_statement: 'panic',
    log_line_prefix: '',
    // Three helper processes less; our reads are small and warm.
    ...(major >= 18 ? { io_method: 'sync' } : {}),
    ...settings,
    logging_collector: 'off',
    listen_addresses: '',
    port: '5432',
    unix_socket_permissions: '0700',
    unix_socket_directories: `"${socketFolder.replaceAll('"', '""')}"`,
  }
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/** A sixteenth of the machine's memory, between 64 and 512 MiB. */
function sharedBuffersMb(): number {
  const share = Math.floor(os.totalmem() / mebibyte / 16)
  return Math.max(64, Math.min(512, share))
}
