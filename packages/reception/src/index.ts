export type { Accepted } from './accepted.ts'
export { route, type Destination, type RoutePolicy } from './destination.ts'
export { receive, type Reception } from './receive.ts'
export { failureReply, type FailurePlace } from './failure-reply.ts'
