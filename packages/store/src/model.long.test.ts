import { modelTest } from './testing/model/model-test.ts'

modelTest(1_000_000)
