import assert from 'node:assert/strict'
import { test } from 'node:test'
import { presentationOf, type OutputOptions } from './format.ts'
import { Progress } from './progress.ts'
import { Terminal } from './terminal.ts'

/** What is told to a stream that is, or is not, a terminal, ten seconds after each other. */
function told(options: OutputOptions, isTTY: boolean, times: number): string {
  const presentation = presentationOf(options)
  assert.ok(!('unknown' in presentation))
  let text = ''
  let now = 0
  const write = (piece: string): void => {
    text += piece
  }
  const terminal = new Terminal(presentation, false)
  const progress = new Progress(terminal, { isTTY, write }, () => now)
  for (let i = 1; i <= times; i++) {
    now += 10_000
    for (let twice = 0; twice < 2; twice++) progress.tell(`${i} done`, { done: i })
  }
  progress.end()
  return text
}

test('progress is a line that changes on a terminal, lines now and then elsewhere, and objects for programs', () => {
  assert.equal(told({}, true, 2), '\r\u001b[K1 done …\r\u001b[K2 done …\r\u001b[K')
  assert.equal(told({}, false, 2), '1 done …\n2 done …\n')
  assert.equal(told({ json: true }, true, 2), '{"progress":{"done":1}}\n{"progress":{"done":2}}\n')
  assert.equal(told({ quiet: true }, true, 2), '')
  assert.equal(told({ output: 'plain' }, false, 1), '')
})
