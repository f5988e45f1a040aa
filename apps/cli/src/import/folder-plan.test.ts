import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mailboxId, type MailboxInfo, type SpecialUse } from '@posthouse/store'
import { planFolders, type SourceFolder } from './folder-plan.ts'

const ours: readonly MailboxInfo[] = [
  ['INBOX', undefined],
  ['Sent', '\\Sent'],
  ['Trash', '\\Trash'],
].map(([name = '', use], i) => {
  const specialUse = use as SpecialUse | undefined
  return { id: mailboxId(i + 1), name, uidValidity: 1, specialUse }
})

function folder(path: string, more: Partial<SourceFolder> = {}): SourceFolder {
  const usual = { delimiter: '/', specialUse: undefined, isSubscribed: true, isSelectable: true }
  return { path, ...usual, ...more }
}

function planned(folders: readonly SourceFolder[], map: Readonly<Record<string, string>> = {}) {
  return planFolders(folders, ours, new Map(Object.entries(map))).map((plan) =>
    'target' in plan ? plan.target : `- ${plan.because}`,
  )
}

test('folders go by special use, else by name', () => {
  const folders = [
    folder('inbox'),
    folder('Gesendet', { specialUse: '\\Sent' }),
    folder('Archive/2019'),
    folder('Alt', { specialUse: '\\Archive' }),
    folder('Alles', { specialUse: '\\All' }),
    folder('[Gmail]', { isSelectable: false }),
  ]
  assert.deepEqual(planned(folders), [
    'INBOX',
    'Sent',
    'Archive/2019',
    'Alt',
    '- it shows messages of other folders (\\All)',
    '- it holds folders only',
  ])
  const [plan] = planFolders([folder('Alt', { specialUse: '\\Archive' })], ours)
  assert.equal(plan !== undefined && 'use' in plan ? plan.use : undefined, '\\Archive')
})

function dotted(path: string): SourceFolder {
  return folder(path, { delimiter: '.' })
}

test('a namespace below INBOX is taken away, and another delimiter is spelled as ours', () => {
  const all = ['INBOX', 'INBOX.Work', 'INBOX.Work.a/b', 'INBOX.Work.50%'].map(dotted)
  assert.deepEqual(planned(all), ['INBOX', 'Work', 'Work/a_b', 'Work/50_'])
  assert.deepEqual(planned([...all, dotted('Public')]).slice(0, 2), ['INBOX', 'INBOX/Work'])
})

test('what is said on the command line goes before everything', () => {
  const folders = [folder('All', { specialUse: '\\All' }), folder('x')]
  assert.deepEqual(planned(folders, { All: 'Archive', x: 'y/z' }), ['Archive', 'y/z'])
})
