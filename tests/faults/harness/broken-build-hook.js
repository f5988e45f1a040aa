// Loaded by --import into every process of a suite: breaks one module of the build, to see whether the harness notices.
import { registerHooks } from 'node:module'

const { file, find, replace } = JSON.parse(process.env['POSTHOUSE_BROKEN_BUILD'] ?? '{}')

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    if (file === undefined || !url.endsWith(file) || loaded.source === undefined) return loaded
    const text = Buffer.from(loaded.source).toString()
    if (!text.includes(find)) throw new Error(`${file} has no "${find}" to break`)
    return { ...loaded, source: text.replaceAll(find, replace) }
  },
})
