import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openCommandHouse, type CommandHouse } from '../testing/command-house.ts'

let house: CommandHouse
before(async () => {
  house = await openCommandHouse()
  await house.account('ada@example.test')
})
after(() => house.close())

test('a forward is set, shown, cleared, and each time the next step named', async () => {
  assert.match(await house.refused(5, 'forward', 'show', 'ada@example.test'), /passes nothing on/)
  const set = await house.run('forward', 'set', 'ada@example.test', 'x@remote.test', '--keep-copy')
  assert.equal(set.code, 0, set.stderr)
  assert.match(set.stdout, /x@remote\.test +well +0/)
  assert.match(
    set.stderr,
    /goes on to x@remote\.test, and stays here, too[^]*posthouse forward show ada@example\.test/,
  )
  const shown = await house.json('forward', 'show', 'ADA@example.test')
  assert.deepEqual(
    [shown['kind'], shown['of'], shown['address'], shown['keepsCopy']],
    ['Forward', 'account', 'ada@example.test', true],
  )
  assert.match(
    JSON.stringify(shown['targets']),
    /"target":"x@remote\.test","state":"well","sent":0/,
  )
  await house.ok('forward', 'clear', 'ada@example.test')
  await house.refused(5, 'forward', 'clear', 'ada@example.test')
})

test('a forward that cannot be is refused in words, and a dry run changes nothing', async () => {
  const refused = (...args: readonly string[]) =>
    house.refused(2, 'forward', 'set', 'ada@example.test', ...args)
  assert.match(await refused('x'), /"x" is not a mail address/)
  assert.match(await refused('ada+x@example.test'), /lead to itself[^]*--keep-copy/)
  const eleven = Array.from({ length: 11 }, (_, i) => `x${i}@remote.test`)
  assert.match(await refused(...eleven), /ten targets/)
  await house.refused(5, 'forward', 'set', 'nobody@example.test', 'x@remote.test')
  await house.ok('forward', 'set', 'ada@example.test', 'x@remote.test', '--dry-run')
  assert.equal(await house.store.forwards.show('ada@example.test'), undefined)
})

test('an alias shows how its targets do, and one is resumed by name', async () => {
  await house.ok('alias', 'add', 'team@example.test', 'x@remote.test', 'ada@example.test')
  const shown = await house.ok('forward', 'show', 'team@example.test')
  assert.match(shown, /ada@example\.test +here[^]*x@remote\.test +well/)
  assert.match(
    (await house.run('forward', 'resume', 'team@example.test', 'x@remote.test')).stderr,
    /goes on to x@remote\.test again/,
  )
  await house.refused(5, 'forward', 'resume', 'team@example.test', 'y@remote.test')
})

test('an autoreply is set from a file, shown, and cleared', async () => {
  const file = await house.file('away.txt', 'Ich bin im Urlaub – bis bald.\n')
  await house.refused(5, 'autoreply', 'show', 'ada@example.test')
  const how = ['--body-file', file, '--subject', 'Away', '--until', '14d']
  const set = await house.run('autoreply', 'set', 'ada@example.test', ...how)
  assert.equal(set.code, 0, set.stderr)
  assert.match(set.stderr, /each sender once in seven days/)
  const shown = await house.json('autoreply', 'show', 'ada@example.test')
  assert.deepEqual(
    [shown['active'], shown['subject'], shown['body'], shown['answered'], shown['from']],
    [true, 'Away', 'Ich bin im Urlaub – bis bald.\n', 0, null],
  )
  const text = await house.run('autoreply', 'show', 'ada@example.test')
  assert.match(text.stdout, /\nsubject +Away\n[^]*\n\nIch bin im Urlaub – bis bald\.\n/)
  assert.match(text.stderr, /is answered until \d{4}-/)
  await house.ok('autoreply', 'set', 'ada@example.test', '--body-file', file, '--from', '2d')
  assert.match(
    (await house.run('autoreply', 'show', 'ada@example.test')).stderr,
    /not answered yet/,
  )
  await house.ok('autoreply', 'clear', 'ada@example.test')
  assert.equal(await house.store.autoreplies.show('ada@example.test'), undefined)
})

test('an autoreply that cannot be sent is refused', async () => {
  const file = await house.file('away.txt', 'I am away.')
  const empty = await house.file('empty.txt', ' \n')
  const latin = await house.file('latin.txt', Buffer.from([0x66, 0xfc, 0x72]))
  const refused = (code: number, ...args: readonly string[]) =>
    house.refused(code, 'autoreply', 'set', 'ada@example.test', ...args)
  assert.match(await refused(2), /body-file/)
  assert.match(await refused(2, '--body-file', empty), /not empty/)
  assert.match(await refused(2, '--body-file', latin), /not text in UTF-8/)
  assert.match(await refused(5, '--body-file', `${file}.none`), /cannot be read/)
  const injected = 'Away\r\nBcc: victim@example.net'
  assert.match(await refused(2, '--body-file', file, '--subject', injected), /one line/)
  assert.match(await refused(2, '--body-file', file, '--until', 'soon'), /"soon" is no time/)
  assert.match(
    await refused(2, '--body-file', file, '--from', '2026-12-24', '--until', '2026-12-23'),
    /before it begins/,
  )
})
