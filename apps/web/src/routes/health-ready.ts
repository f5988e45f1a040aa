import { mayMonitor } from '../monitoring/may-monitor.ts'
import { plain, route } from '../route.ts'

/** Whether the suite takes mail and gives it out. Which part does not, and why, is told where the metrics are. */
export const healthReady = route({
  name: 'health-ready',
  path: '/healthz/ready',
  methods: ['GET'],
  anyHost: true,
  isQuiet: true,
  async handle(visit) {
    const { isReady, parts } = await visit.var.house.ready.ask()
    const status = isReady ? 200 : 503
    const headers = { 'cache-control': 'no-store' }
    if (!(await mayMonitor(visit))) return plain(status, isReady ? 'ok' : 'not ok', headers)
    const body = {
      ready: isReady,
      parts: parts.map(({ name, isReady: ready, because }) => ({ name, ready, because })),
    }
    return Response.json(body, { status, headers })
  },
})
