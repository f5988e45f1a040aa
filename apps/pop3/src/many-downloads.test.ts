import { manyDownloadsTest } from './testing/many-downloads.ts'

manyDownloadsTest(12)
