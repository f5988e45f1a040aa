import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { buildProgram } from '../../apps/cli/src/program.ts'
import { absent, runProgram } from '../journeys/house/run-program.ts'
import { declaredMetrics } from './declared.ts'
import { groupingsOf, selectorsOf, type Matcher, type Selector } from './selectors.ts'

// What infra/ asks of the metrics exists, and its alerts fire when they should.

const infra = fileURLToPath(new URL('../../infra', import.meta.url))
const rulesFolder = path.join(infra, 'prometheus')
const skip = absent('promtool', 'prometheus')

const declared = new Map((await declaredMetrics()).map((metric) => [metric.name, metric]))
const rules = await readFile(path.join(rulesFolder, 'posthouse.rules.yml'), 'utf8')
const dashboard: unknown = JSON.parse(
  await readFile(path.join(infra, 'grafana/posthouse.json'), 'utf8'),
)

function alertExpressions(): readonly string[] {
  return [...rules.matchAll(/^ +expr: (.+)$/gm)].map(([, expression = '']) => expression)
}

/** Everything called `expr`, however deep. */
function* dashboardExpressions(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return
  for (const [name, inner] of Object.entries(value)) {
    if (name === 'expr' && typeof inner === 'string') yield inner
    else yield* dashboardExpressions(inner)
  }
}

/** Why Posthouse has no such series; nothing where it has. */
function faultIn({ metric, matchers }: Selector): string | undefined {
  // Prometheus's own, of each target.
  if (metric === 'up') return undefined
  const base = metric.replace(/_(bucket|sum|count)$/, '')
  const found = declared.get(metric) ?? declared.get(base)
  if (found === undefined) return `there is no ${metric}`
  if ((found.kind === 'histogram') !== (base !== metric && found.name === base))
    return `${metric} is a ${found.kind}`
  return matchers
    .map((matcher) => mismatch(matcher, found.labels, metric))
    .find((one) => one !== '')
}

function mismatch(
  { label, operator, value }: Matcher,
  labels: readonly { readonly name: string; readonly values: readonly string[] | string }[],
  metric: string,
): string {
  const values = labels.find(({ name }) => name === label)?.values
  if (values === undefined) return `${metric} has no label ${label}`
  if (typeof values === 'string') return ''
  const named = operator.includes('~') ? value.split('|') : [value]
  const strange = named.find((one) => !values.includes(one))
  return strange === undefined ? '' : `${metric} has no ${label}="${strange}"`
}

function labelsIn(expression: string): ReadonlySet<string> {
  const labels = selectorsOf(expression).flatMap(({ metric }) => {
    const base = metric.replace(/_(bucket|sum|count)$/, '')
    return (declared.get(metric) ?? declared.get(base))?.labels.map(({ name }) => name) ?? []
  })
  return new Set([...labels, 'le'])
}

function checkAll(expressions: readonly string[]): void {
  for (const expression of expressions) {
    const selectors = selectorsOf(expression)
    assert.ok(selectors.length > 0, expression)
    for (const selector of selectors) assert.equal(faultIn(selector), undefined, expression)
    const labels = labelsIn(expression)
    for (const name of groupingsOf(expression))
      assert.ok(labels.has(name), `${name}: ${expression}`)
  }
}

test('the alerts ask for metrics, labels and values that exist', () => {
  const expressions = alertExpressions()
  assert.equal(expressions.length, rules.match(/- alert: /g)?.length)
  checkAll(expressions)
})

test('so does the dashboard, in four rows', () => {
  const expressions = [...dashboardExpressions(dashboard)]
  assert.ok(expressions.length > 30)
  checkAll(expressions)
  const { panels } = dashboard as { readonly panels: readonly { type: string; title: string }[] }
  const rows = panels.filter(({ type }) => type === 'row').map(({ title }) => title)
  assert.deepEqual(rows, ['Inbound', 'Outbound', 'Access', 'Health'])
})

test('a query for what does not exist is found', () => {
  const faults = [
    'posthouse_nothing',
    'posthouse_up{nothing="x"}',
    'posthouse_queue_messages{state="lost"}',
    'posthouse_delivery_duration_seconds',
    'posthouse_queue_messages_count',
    'posthouse_delivery_attempts_total{result=~"delivered|lost"}',
  ]
  for (const expression of faults)
    assert.throws(() => checkAll([expression]), assert.AssertionError, expression)
  assert.throws(() => checkAll(['sum by (colour) (posthouse_up)']), assert.AssertionError)
})

test('each alert says what to do, and a command that it names exists', () => {
  const program = buildProgram()
  const nexts = [...rules.matchAll(/^ +next: (.+)$/gm)].map(([, next = '']) => next)
  assert.equal(nexts.length, alertExpressions().length)
  for (const next of nexts) {
    const [name, ...words] = next.split(' ')
    if (name === 'posthouse') assert.ok(isCommand(program, words), next)
  }
})

function isCommand(program: Command, [word, ...rest]: readonly string[]): boolean {
  if (word === undefined || !/^[a-z]/.test(word)) return true
  const child = program.commands.find((each) => each.name() === word)
  if (child === undefined) return program.registeredArguments.length > 0
  return isCommand(child, rest)
}

test('Prometheus takes the rules, and each alert fires when it should', { skip }, async () => {
  for (const args of [
    ['check', 'rules', 'posthouse.rules.yml'],
    ['check', 'config', '--syntax-only', 'prometheus.yml'],
    ['test', 'rules', 'posthouse.rules.test.yml'],
  ]) {
    const { code, stdout, stderr } = await runProgram('promtool', args, { cwd: rulesFolder })
    assert.equal(code, 0, `${args.join(' ')}\n${stdout}${stderr}`)
  }
  const tests = await readFile(path.join(rulesFolder, 'posthouse.rules.test.yml'), 'utf8')
  for (const [, alert = ''] of rules.matchAll(/- alert: (\w+)/g)) {
    const fires = new RegExp(`alertname: ${alert}\\n +exp_alerts:\\n`)
    assert.match(tests, fires, `no test in which ${alert} fires`)
    const rests = new RegExp(`alertname: ${alert}\\n +exp_alerts: \\[\\]\\n`)
    assert.match(tests, rests, `no test in which ${alert} does not fire`)
  }
})

test('Prometheus understands every query of the dashboard', { skip }, async (t) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'queries-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const records = [...dashboardExpressions(dashboard)].map((expression, i) => {
    const expr = JSON.stringify(expression.replaceAll('$__rate_interval', '5m'))
    return `      - record: query:${i}\n        expr: ${expr}\n`
  })
  const file = path.join(folder, 'queries.yml')
  await writeFile(file, `groups:\n  - name: queries\n    rules:\n${records.join('')}`)
  const { code, stdout, stderr } = await runProgram('promtool', ['check', 'rules', file])
  assert.equal(code, 0, `${stdout}${stderr}`)
})
