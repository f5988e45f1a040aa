import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the repository. */
export const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')

/** Where sides live between runs: mailboxes are built once. Not part of the repository. */
export const benchFolder = path.join(repository, 'var/bench')

/** Results of all recorded runs, part of the repository. */
export const resultsFolder = path.join(repository, 'tests/bench/results')
