import type { Route } from '../route.ts'
import { autoconfig, wellKnownAutoconfig } from './autoconfig.ts'
import { autodiscoverJson, autodiscoverJsonPath } from './autodiscover-json.ts'
import { autodiscoverXml } from './autodiscover-xml.ts'
import { healthLive } from './health-live.ts'
import { healthReady } from './health-ready.ts'
import { metricsPage } from './metrics.ts'
import { pacc } from './pacc.ts'
import { robots } from './robots.ts'

/** Every document that the server has: one file each, one line here. */
export const routes: readonly Route[] = [
  autoconfig,
  wellKnownAutoconfig,
  autodiscoverXml,
  autodiscoverJson,
  autodiscoverJsonPath,
  pacc,
  metricsPage,
  healthLive,
  healthReady,
  robots,
]
