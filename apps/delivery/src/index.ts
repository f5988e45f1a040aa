export { app, deliveryApp } from './delivery.ts'
export { deliveryLimits } from './limits.ts'
export type { DeliveryLimits } from './limits.ts'
export { isSpecialAddress } from './special-address.ts'
