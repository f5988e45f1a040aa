import { metrics } from '@posthouse/telemetry'

/** Processes that answer. */
export const up = metrics.gauge('up', {
  help: 'Whether all processes of an app answered in time when they were asked; `up` is the one that runs the others, `together` all of them in one.',
  labels: { app: { words: 'the apps of the suite', most: 16 } },
})

/** The database, as this process finds it. */
export const databaseUp = metrics.gauge('database_up', {
  help: 'Whether the database answered when it was last asked.',
})

/** What waits to be sent. */
export const queueMessages = metrics.gauge('queue_messages', {
  help: 'Recipients in the queue: not tried yet, being tried, tried and waiting, held.',
  labels: { state: ['waiting', 'active', 'deferred', 'held'] },
})

/** How long it waits. */
export const queueOldest = metrics.gauge('queue_oldest_seconds', {
  help: 'The age of the oldest message that is not finished; 0 where nothing waits.',
})

/** Room that is taken. */
export const storeBytes = metrics.gauge('store_bytes', {
  help: 'The whole database on disk, indexes and all.',
})

/** Backups by `posthouse backup create`. */
export const lastBackup = metrics.gauge('backup_last_success_timestamp_seconds', {
  help: 'When `posthouse backup create` last made one, as Unix time; absent where it never did.',
})

/** What the web server answers. */
export const requests = metrics.counter('web_requests_total', {
  help: 'Requests to the web server, by the first digit of the answer.',
  labels: { status: ['2xx', '3xx', '4xx', '5xx'] },
})
