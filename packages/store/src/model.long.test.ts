import { modelTest } from './testing/model/model-test.ts'

modelTest({ operations: 1_000_000, perRound: 50_000, atOnce: 2 })
