import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AcmeClient } from './acme-client.ts'
import { AcmeProblem } from './acme-problem.ts'
import {
  accountKey as key,
  directory,
  json,
  withAuthority,
  type Answer,
} from './authority.fixture.ts'
import { watch } from './order.ts'

async function refusal(work: Promise<unknown>): Promise<AcmeProblem> {
  try {
    await work
  } catch (error) {
    if (error instanceof AcmeProblem) return error
    throw error
  }
  throw new Error('it did not fail')
}

test('an authority that never answers, answers without end, or breaks off, costs half a minute at most', async () => {
  const answers: Readonly<Record<string, Answer>> = {
    '/directory': directory,
    '/silent': () => undefined,
    '/endless': (_, response) => {
      const more = (): void => {
        if (response.destroyed) return
        response.write(Buffer.alloc(65_536), () => setImmediate(more))
      }
      more()
    },
    '/slow': (_, response) => {
      response.write('{')
      const timer = setInterval(() => response.write(' '), 50)
      response.on('close', () => clearInterval(timer))
    },
    '/broken': (_, response) => response.destroy(),
  }
  await withAuthority(answers, async (client, base) => {
    const kinds = await Promise.all(
      ['silent', 'endless', 'slow', 'broken'].map(
        async (path) => (await refusal(client.get(`${base}/${path}`))).kind,
      ),
    )
    assert.deepEqual(kinds[0], 'timeout')
    assert.ok(['protocol', 'timeout'].includes(kinds[1] ?? ''))
    assert.deepEqual(kinds.slice(2), ['timeout', 'unreachable'])
  })
})

test('what is no ACME is told apart: no directory, no JSON, another protocol, a redirect, a strange certificate', async () => {
  const answers: Readonly<Record<string, Answer>> = {
    '/directory': (_, response) => response.end('<html>'),
    '/moved': (_, response) => response.writeHead(302, { location: 'https://localhost/x' }).end(),
  }
  await withAuthority(answers, async (client, base) => {
    assert.equal((await refusal(client.register(undefined))).kind, 'protocol')
    assert.match((await refusal(client.get(`${base}/moved`))).message, /answers 302/)
    assert.equal((await refusal(client.get('http://localhost/'))).kind, 'protocol')
    assert.equal((await refusal(client.get('file:///etc/passwd'))).kind, 'protocol')
    const stranger = new AcmeClient({ directory: `${base}/directory`, key })
    assert.equal((await refusal(stranger.resource('newOrder'))).kind, 'unreachable')
  })
})

test('a refusal keeps its kind, its names, and when to ask again; no control character comes through', async () => {
  const answers: Readonly<Record<string, Answer>> = {
    '/directory': directory,
    '/order': (_, response) => {
      response.setHeader('retry-after', '7200')
      json(response, 429, {
        type: 'urn:ietf:params:acme:error:rateLimited',
        detail: 'too many\u001b[31m\r\ncertificates',
        subproblems: [
          {
            type: 'urn:ietf:params:acme:error:caa',
            detail: 'no',
            identifier: { type: 'dns', value: 'A.Test' },
          },
          'nonsense',
          { identifier: 7 },
        ],
      })
    },
  }
  await withAuthority(answers, async (client) => {
    const problem = await refusal(client.newOrder(['a.test'], undefined))
    assert.equal(problem.kind, 'rateLimited')
    assert.equal(problem.message, 'too many [31m certificates')
    assert.equal(problem.retryAfterSeconds, 7200)
    assert.deepEqual(problem.subproblems, [{ name: 'a.test', kind: 'caa', text: 'no' }])
  })
})

test('a nonce that is refused is replaced, and not for ever', async () => {
  let left = 3
  const answers: Readonly<Record<string, Answer>> = {
    '/directory': directory,
    '/account': (_, response, base) => {
      left -= 1
      if (left >= 0) return json(response, 400, { type: 'urn:ietf:params:acme:error:badNonce' })
      response.setHeader('location', `${base}/account/1`)
      json(response, 201, {})
    },
  }
  await withAuthority(answers, async (client, base, asked) => {
    assert.equal(await client.register('a@b.test'), `${base}/account/1`)
    assert.equal(asked.filter((each) => each === 'POST /account').length, 4)
    left = 1000
    assert.equal((await refusal(client.register(undefined))).kind, 'badNonce')
  })
})

test('an authority that never decides is given up, and a stop is heard at once', async () => {
  const answers: Readonly<Record<string, Answer>> = {
    '/directory': directory,
    '/order/1': (_, response) => {
      response.setHeader('retry-after', 'Sat, 01 Jan 2050 00:00:00 GMT')
      json(response, 200, { status: 'processing' })
    },
  }
  await withAuthority(answers, async (client, base) => {
    const patience = { signal: undefined, limitMs: 100, everyMs: 1 }
    const url = `${base}/order/1`
    const problem = await refusal(watch(client, url, () => undefined, patience))
    assert.equal(problem.kind, 'timeout')
    const stop = new AbortController()
    const waiting = watch(client, url, () => undefined, {
      signal: stop.signal,
      limitMs: 600_000,
      everyMs: 1,
    })
    setTimeout(() => stop.abort(), 100)
    await assert.rejects(waiting, /abort/i)
  })
})
