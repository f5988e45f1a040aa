export type { Answer, MxRecord, Resolver } from './resolver.ts'
