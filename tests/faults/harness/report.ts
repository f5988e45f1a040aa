import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { repository } from '../../bench/folders.ts'
import type { CampaignResult } from './campaign.ts'

/** What a suite that works may use beyond twice its first memory, MiB: caches that fill up are no leak. */
const spareMiB = 300

/** True when nothing that was acknowledged is lost, doubled or changed, nothing is left behind, and memory is back. */
export function isClean({ verdict, leftOver, stillQueued, memory }: CampaignResult): boolean {
  const { lost, duplicated, wrong } = verdict
  const findings = lost.length + duplicated.length + wrong.length + stillQueued.length
  const isBack = memory.after <= 2 * memory.before + spareMiB
  return findings === 0 && leftOver === 0 && isBack
}

/** The table of a run, as Markdown. */
export function resultTable(result: CampaignResult): string {
  const { verdict, struck, memory } = result
  const rows = [...struck]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([name, { times, inFlight }]) => `| ${name} | ${times} | ${inFlight} |`)
  return [
    `Seed ${result.seed}, ${Math.round(result.seconds / 6) / 10} minutes.`,
    '',
    '| fault | times | commands under way |',
    '| --- | --- | --- |',
    ...rows,
    '',
    '| what | count |',
    '| --- | --- |',
    `| answers that promised something (250, OK) | ${result.acknowledged} |`,
    `| answers that never came | ${result.unknown} |`,
    `| messages to remote hosts | ${result.outgoing} |`,
    `| copies in mailboxes at the end | ${verdict.copies} |`,
    `| **acknowledged and lost** | **${verdict.lost.length}** |`,
    `| **duplicated** | **${verdict.duplicated.length}** |`,
    `| wrong flags, falling numbers, findings of the store's check | ${verdict.wrong.length} |`,
    `| sent again after a line that was cut, as it must be | ${verdict.repeatedAfterCut} |`,
    `| sent again after a break, as SMTP leaves open | ${verdict.repeatedAfterBreak} |`,
    `| still queued | ${result.stillQueued.length} |`,
    `| processes left over | ${result.leftOver} |`,
    `| memory of the suite before and after, MiB | ${Math.round(memory.before)}, ${Math.round(memory.after)} |`,
    '',
  ].join('\n')
}

/** Puts text between two marks of docs/reliability.md. */
export async function writeSection(mark: string, text: string): Promise<void> {
  const file = path.join(repository, 'docs/reliability.md')
  const page = await readFile(file, 'utf8')
  const [begin, end] = [`<!-- ${mark} -->`, `<!-- end of ${mark} -->`]
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from < 0 || to < from) throw new Error(`docs/reliability.md has lost its marks for ${mark}`)
  await writeFile(file, `${page.slice(0, from + begin.length)}\n\n${text}\n${page.slice(to)}`)
}
