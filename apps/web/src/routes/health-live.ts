import { eventLoopDelay } from '@posthouse/telemetry'
import { limits } from '../limits.ts'
import { plain, route } from '../route.ts'

/** Whether this process still does anything: an answer is nearly all of the answer. */
export const healthLive = route({
  name: 'health-live',
  path: '/healthz/live',
  methods: ['GET'],
  anyHost: true,
  isQuiet: true,
  handle() {
    const isLive = eventLoopDelay() < limits.stalledMs
    return plain(isLive ? 200 : 503, isLive ? 'ok' : 'not ok', { 'cache-control': 'no-store' })
  },
})
