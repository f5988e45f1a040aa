export {
  checkDane,
  checkSts,
  type CheckContext,
  type DaneCheck,
  type HostCheck,
  type StsCheck,
} from './tls/domain-check.ts'
export { knownDnssec } from './tls/dnssec-known.ts'
export { heldSeconds } from './tls/tls-memory.ts'
export { askList, senderLists, type Listing } from './listings/ask-list.ts'
export { app, deliveryApp } from './delivery.ts'
export { deliveryLimits } from './limits.ts'
export type { DeliveryLimits } from './limits.ts'
export { isSpecialAddress } from './special-address.ts'
export { failClaim, type FailedClaim } from './fail-claim.ts'
export { findRoute, type Hop, type Route, type RouteContext } from './route.ts'
export { forecast, type Forecast, type ForecastHop } from './routes/forecast.ts'
export { ruleOf } from './routes/route-book.ts'
export { routeContext } from './routes/route-context.ts'
