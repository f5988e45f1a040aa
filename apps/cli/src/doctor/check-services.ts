import net from 'node:net'
import tls from 'node:tls'
import { dispensableApps, type OpenPort } from '@posthouse/app'
import { ok, type Check, type Finding } from './finding.ts'

const answerMs = 5_000
/** Started again so often, it is not well though it runs. */
const manyRestarts = 3

/** What should run does, and answers. */
export const checkServices: Check = {
  area: 'services',
  async run({ status, store }) {
    const database: Finding[] =
      store === undefined
        ? [
            {
              id: 'services.database',
              state: 'fail',
              text: 'The database does not answer',
              why: 'Mail is put off by other servers and by our users until it is back; nothing is lost.',
              next: 'posthouse status; the log of Postgres says why',
            },
          ]
        : [ok('services.database', 'The database answers')]
    if (status === undefined) {
      const text = 'Posthouse is not running here'
      const why = 'Mail from others waits with them for some days; nobody can send or read.'
      const next = 'posthouse up, or: systemctl start posthouse'
      return [...database, { id: 'services.suite', state: 'fail', text, why, next }]
    }
    const apps = status.apps.map(({ name, state, restarts, lastEnd }): Finding => {
      const id = `services.${name}`
      const end = lastEnd === null ? '' : `; its last end: ${lastEnd}`
      if (state !== 'running' && dispensableApps.has(name)) {
        const why = 'Mail goes on without it.'
        return {
          id,
          state: 'warn',
          text: `${name} is ${state}${end}`,
          why,
          next: 'posthouse status',
        }
      }
      const next = 'posthouse status, and the log of up (journalctl -u posthouse)'
      if (state === 'starting' && restarts === 0) {
        const why = 'What it serves is not there yet.'
        return { id, state: 'warn', text: `${name} is starting`, why, next: 'posthouse status' }
      }
      if (state !== 'running') {
        const why = 'What it serves is not there.'
        return { id, state: 'fail', text: `${name} is ${state}${end}`, why, next }
      }
      if (restarts < manyRestarts) return ok(id, `${name} runs`)
      const text = `${name} was started again ${restarts} times${end}`
      return { id, state: 'warn', text, why: 'Each time its sessions were cut.', next }
    })
    const ports = status.apps.flatMap(({ listeners }) => listeners)
    return [...database, ...apps, ...(await Promise.all(ports.map(findingOf)))]
  },
}

async function findingOf(port: OpenPort): Promise<Finding> {
  const where = `${port.name} on ${port.host.includes(':') ? `[${port.host}]` : port.host}:${port.port}`
  const id = `services.port:${port.name}:${port.host}`
  const fault = await faultOf(port)
  if (fault === undefined) return ok(id, `${where} answers`)
  const text = `${where} does not answer: ${fault}`
  return {
    id,
    state: 'fail',
    text,
    why: 'Clients and servers meet the same.',
    next: 'posthouse status',
  }
}

/**
 * Mail protocols begin with a line from the server: SMTP's 220, IMAP's `* OK`, POP3's `+OK`. A web server must be asked
 * something.
 */
function faultOf({ name, host, port, tls: isTls }: OpenPort): Promise<string | undefined> {
  const to = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return new Promise((resolve) => {
    const socket = isTls
      ? tls.connect({ host: to, port, rejectUnauthorized: false })
      : net.connect({ host: to, port })
    const end = (fault: string | undefined): void => {
      resolve(fault)
      socket.destroy()
    }
    if (name.startsWith('http'))
      socket.write(`HEAD /robots.txt HTTP/1.1\r\nHost: ${to}\r\nConnection: close\r\n\r\n`)
    socket.setTimeout(answerMs, () => end('no greeting in time'))
    socket.once('error', (error) => end(error.message))
    socket.once('close', () => resolve('the connection was closed without a greeting'))
    socket.once('data', (octets: Buffer) => {
      const greeting = octets.toString('latin1')
      end(
        /^(220|\* OK|\+OK|HTTP\/1\.1 )/.test(greeting)
          ? undefined
          : `it says ${greeting.slice(0, 80).trim()}`,
      )
    })
  })
}
