import assert from 'node:assert/strict'
import { test } from 'node:test'
import { caughtAt, rocOf, rocPlot } from './roc.ts'

const spam = (points: number) => ({ isSpam: true, points })
const ham = (points: number) => ({ isSpam: false, points })

test('messages of the same points are on the same side of every threshold', () => {
  const curve = rocOf([spam(5), spam(5), ham(5), spam(3), ham(1)])
  assert.deepEqual(curve, [
    [0, 0],
    [1, 2 / 3],
    [1, 1],
    [2, 1],
  ])
})

test('what is caught at a number of ham is the best that any threshold gives for it', () => {
  const scored = [spam(9), ham(8), spam(7), spam(6), ham(5), spam(4)]
  assert.equal(caughtAt(scored, 0), 0.25)
  assert.equal(caughtAt(scored, 1), 0.75)
  assert.equal(caughtAt(scored, 2), 1)
})

test('the plot has a line and a dot for each filter', () => {
  const scored = [spam(2), ham(1)]
  const at = { caught: 1, false: 0 }
  const plot = rocPlot(
    [
      { name: 'one', scored, at },
      { name: 'two', scored, at },
    ],
    1,
  )
  assert.equal(plot.match(/<polyline/g)?.length, 2)
  assert.equal(plot.match(/<circle/g)?.length, 2)
})
