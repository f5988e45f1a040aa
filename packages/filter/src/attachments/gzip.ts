import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { MAX_INFLATE_RATIO, MIN_RATIO_BYTES } from '../limits.ts'
import { type Budget, LimitReached } from './budget.ts'

/** The content of a gzip file. Throws {@link LimitReached} where it is more than the budget or its size allow. */
export async function gunzipped(octets: Buffer, budget: Budget): Promise<Buffer> {
  const most = Math.min(
    budget.inflatedLeft,
    Math.max(MIN_RATIO_BYTES, octets.length * MAX_INFLATE_RATIO),
  )
  try {
    const content = await inflate(octets, { maxOutputLength: Math.max(1, most) })
    budget.inflate(content.length)
    return content
  } catch (error) {
    if (error instanceof RangeError)
      throw new LimitReached('archives that inflate to more than is looked at', { cause: error })
    throw error
  }
}

const inflate = promisify<Buffer, { readonly maxOutputLength: number }, Buffer>(gunzip)
