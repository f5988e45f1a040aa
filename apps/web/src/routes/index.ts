import type { Route } from '../route.ts'
import { acmeChallenge } from './acme-challenge.ts'
import { assets } from './assets.ts'
import { autoconfig, wellKnownAutoconfig } from './autoconfig.ts'
import { autodiscoverJson, autodiscoverJsonPath } from './autodiscover-json.ts'
import { autodiscoverXml } from './autodiscover-xml.ts'
import { healthLive } from './health-live.ts'
import { healthReady } from './health-ready.ts'
import { metricsPage } from './metrics.ts'
import { mtaSts } from './mta-sts.ts'
import { pacc } from './pacc.ts'
import { profileDelivery, profileLink } from './profile.ts'
import { robots } from './robots.ts'
import { securityTxt } from './security-txt.ts'
import { setup, start } from './setup.ts'

/** Every document that the server has: one file each, one line here. */
export const routes: readonly Route[] = [
  autoconfig,
  wellKnownAutoconfig,
  autodiscoverXml,
  autodiscoverJson,
  autodiscoverJsonPath,
  pacc,
  mtaSts,
  acmeChallenge,
  securityTxt,
  metricsPage,
  healthLive,
  healthReady,
  robots,
  start,
  setup,
  profileLink,
  profileDelivery,
  ...assets,
]
