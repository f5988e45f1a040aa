import { tortureTest } from './testing/torture.ts'

tortureTest(150)
