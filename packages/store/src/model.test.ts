import { modelTest } from './testing/model/model-test.ts'

modelTest(20_000, 60)
