import { mkdtemp, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { startDaemon } from './daemon.ts'
import { freePorts } from './free-ports.ts'

/** A Prometheus of a test's own, which scrapes one target. */
export interface PrivatePrometheus {
  /** Names of all series that it has. */
  names(): Promise<ReadonlySet<string>>
  /** The values of an instant query. */
  query(expression: string): Promise<readonly number[]>
  /** What it thinks of its target: `up`, or why not. */
  health(): Promise<string>
  stop(): Promise<void>
}

/** Starts Debian's Prometheus on a folder of its own; it asks once a second. */
export async function startPrometheus(target: string): Promise<PrivatePrometheus> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'prometheus-'))
  const [port = 0] = await freePorts(1)
  const file = path.join(folder, 'prometheus.yml')
  await writeFile(
    file,
    `scrape_configs:
  - job_name: posthouse
    scrape_interval: 1s
    static_configs:
      - targets: ['${target}']
`,
  )
  const url = `http://127.0.0.1:${port}`
  const args = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${path.join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]
  const isUp = (): Promise<boolean> =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    )
  const daemon = await startDaemon('prometheus', args, folder, isUp)
  const ask = async <T>(question: string): Promise<T> => {
    const answer = await fetch(`${url}/api/v1/${question}`)
    const { data } = (await answer.json()) as { readonly data: T }
    return data
  }
  return {
    async names() {
      return new Set(await ask<readonly string[]>('label/__name__/values'))
    },
    async query(expression) {
      const { result } = await ask<{
        readonly result: readonly { readonly value: readonly [number, string] }[]
      }>(`query?query=${encodeURIComponent(expression)}`)
      return result.map(({ value }) => Number(value[1]))
    },
    async health() {
      const { activeTargets } = await ask<{
        readonly activeTargets: readonly { readonly health: string; readonly lastError: string }[]
      }>('targets')
      const [first] = activeTargets
      return first?.health === 'up' ? 'up' : (first?.lastError ?? 'no target')
    },
    stop: () => daemon.stop(),
  }
}
