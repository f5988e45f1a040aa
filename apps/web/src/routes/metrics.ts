import { expositionType } from '@posthouse/telemetry'
import { mayMonitor } from '../monitoring/may-monitor.ts'
import { notFound, route } from '../route.ts'

/** What all processes of the suite count, for Prometheus. For others there is no such document. */
export const metricsPage = route({
  name: 'metrics',
  path: '/metrics',
  methods: ['GET'],
  anyHost: true,
  isQuiet: true,
  async handle(visit) {
    if (!(await mayMonitor(visit))) return notFound()
    return new Response(await visit.var.house.suiteMetrics.text(), {
      headers: { 'content-type': expositionType, 'cache-control': 'no-store' },
    })
  },
})
