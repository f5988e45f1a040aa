import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { complete } from './complete.ts'
import { readHeader } from './strict-header.ts'

const read = (text: string) => readHeader(Buffer.from(text))

describe('a header', () => {
  it('is read field by field, with its continuation lines', () => {
    const header = read('From: a@b\r\nSubject: one\r\n two\r\n\tthree\r\nX:\r\n\r\nbody: x\r\n')
    assert.deepEqual(
      header?.fields.map(({ name, raw }) => [name, raw.toString()]),
      [
        ['from', 'From: a@b\r\n'],
        ['subject', 'Subject: one\r\n two\r\n\tthree\r\n'],
        ['x', 'X:\r\n'],
      ],
    )
    assert.equal(header?.rest.toString(), '\r\nbody: x\r\n')
  })

  it('may be all there is, or nothing', () => {
    assert.equal(read('From: a@b\r\n')?.rest.length, 0)
    assert.equal(read('')?.fields.length, 0)
    assert.equal(read('\r\nFrom: a@b\r\n')?.fields.length, 0)
  })

  it('is refused where a line is no field', () => {
    for (const text of [
      'From: a@b\r\nthis is no field\r\nFrom: c@d\r\n\r\n',
      'From : a@b\r\n\r\n',
      ' From: a@b\r\n\r\n',
      ': a@b\r\n\r\n',
      'Fr\u00f6m: a@b\r\n\r\n',
      'From me Mon Jan 1\r\nFrom: a@b\r\n\r\n',
      'From\r\n : a@b\r\n\r\n',
    ]) {
      assert.equal(read(text), undefined, JSON.stringify(text))
    }
  })
})

describe('completing', () => {
  const completion = { date: 'D', messageId: '<m@h>', sender: undefined, from: undefined }
  const completed = (text: string, change = {}): string => {
    const header = read(text)
    assert.ok(header)
    return complete(Buffer.from(text), header, { ...completion, ...change }).toString()
  }

  it('adds what is missing and takes Bcc out', () => {
    assert.equal(
      completed('From: a@b\r\nBCC: x@y,\r\n z@y\r\nResent-Bcc: q\r\n\r\nBcc: body\r\n'),
      'Date: D\r\nMessage-ID: <m@h>\r\nFrom: a@b\r\n\r\nBcc: body\r\n',
    )
    assert.equal(
      completed('DATE: x\r\nMessage-Id: y\r\n\r\n', { sender: 's@h' }),
      'Sender: <s@h>\r\nDATE: x\r\nMessage-Id: y\r\n\r\n',
    )
  })

  it('touches nothing where nothing is missing', () => {
    const octets = Buffer.from('Date: x\r\nMessage-ID: y\r\nFrom: a@b\r\n\r\n')
    const header = readHeader(octets)
    assert.ok(header)
    assert.equal(complete(octets, header, completion), octets)
  })
})
