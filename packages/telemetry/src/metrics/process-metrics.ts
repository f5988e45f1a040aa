import { PerformanceObserver } from 'node:perf_hooks'
import { metrics } from './registry.ts'

/** Often enough to see a stall of a tenth of a second as one, and costs nothing. */
const lookMs = 500

const lag = metrics.histogram('event_loop_lag_seconds', {
  help: 'How late a timer ran, looked at twice a second: how long everything else waits too.',
  byApp: true,
  bounds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
})

const collections = metrics.histogram('nodejs_gc_duration_seconds', {
  help: 'Pauses for collecting memory that is no longer used.',
  byApp: true,
  bounds: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1],
})

const resident = metrics.gauge('process_resident_memory_bytes', {
  help: 'Memory that the processes of an app hold, shared pages included.',
  byApp: true,
})

const heap = metrics.gauge('nodejs_heap_used_bytes', {
  help: 'JavaScript objects that the processes of an app hold.',
  byApp: true,
})

const cpu = metrics.counter('process_cpu_seconds_total', {
  help: 'Processor time that the processes of an app have used.',
  byApp: true,
})

const build = metrics.gauge('build_info', {
  help: 'Always 1; the labels say what runs.',
  labels: {
    version: { words: 'of Posthouse', most: 4 },
    node: { words: 'the version of Node', most: 4 },
  },
  merge: 'max',
})

let lastLag = { ms: 0, at: 0 }
let timer: NodeJS.Timeout | undefined

/** Watches over this process from now on; once, whoever else says so. */
export function watchProcess(app: string, version: string): void {
  if (timer !== undefined) return
  metrics.app = app
  build.set({ version, node: process.versions.node }, 1)
  resident.readBy(() => [[{}, process.memoryUsage.rss()]])
  heap.readBy(() => [[{}, process.memoryUsage().heapUsed]])
  cpu.readBy(() => {
    const { user, system } = process.cpuUsage()
    return [[{}, (user + system) / 1e6]]
  })
  let due = performance.now() + lookMs
  timer = setInterval(() => {
    const now = performance.now()
    lastLag = { ms: Math.max(0, now - due), at: now }
    lag.observe({}, lastLag.ms / 1000)
    due = now + lookMs
  }, lookMs)
  timer.unref()
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) collections.observe({}, duration / 1000)
  }).observe({ entryTypes: ['gc'] })
}

/** How late the event loop was when it was last looked at, in milliseconds. */
export function eventLoopDelay(): number {
  return lastLag.ms
}
