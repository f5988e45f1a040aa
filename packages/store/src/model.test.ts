import { modelTest } from './testing/model/model-test.ts'

modelTest({ operations: 20_000, perRound: 20_000, atOnce: 1 })
