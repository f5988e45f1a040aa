import { manyDownloadsTest } from './testing/many-downloads.ts'

manyDownloadsTest(process.env['POSTHOUSE_TEST_LONG'] === '1' ? 500 : 40)
