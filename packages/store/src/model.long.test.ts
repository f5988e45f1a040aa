import { modelTest } from './testing/model/model-test.ts'

modelTest({ operations: 1_000_000, perRound: 100_000, atOnce: 2 })
