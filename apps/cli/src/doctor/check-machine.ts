import { statfs } from 'node:fs/promises'
import { createSocket } from 'node:dgram'
import { ok, type Check, type Finding } from './finding.ts'

const gibibyte = 1024 ** 3

/** Room for mail. */
export const checkDisk: Check = {
  area: 'disk',
  async run({ config }) {
    const { bavail, blocks, bsize } = await statfs(config.dataDir)
    const free = bavail * bsize
    const percent = Math.floor((100 * bavail) / blocks)
    const text = `${(free / gibibyte).toFixed(1)} GiB (${percent} %) are free at ${config.dataDir}`
    const why = 'Mail is put off (452) once there is no room.'
    const next = 'make room; posthouse account list shows who keeps most'
    const id = 'disk.free'
    if (free < gibibyte / 2 || percent < 2) return [{ id, state: 'fail', text, why, next }]
    if (free < 4 * gibibyte || percent < 10) return [{ id, state: 'warn', text, why, next }]
    return [ok(id, text)]
  },
}

const clockMs = 3_000
const mostSeconds = 60

/** Our time is the world's, as a time server tells it. */
export const checkClock: Check = {
  area: 'clock',
  isOutside: true,
  async run({ timeServer }) {
    const offset = await clockOffset(timeServer)
    const id = 'clock.offset'
    if (offset === undefined)
      return [{ id, state: 'skipped', text: `${timeServer} does not tell the time` }]
    const seconds = Math.abs(offset)
    const far =
      seconds >= 120 ? `${Math.round(seconds / 60)} minutes` : `${seconds.toFixed(1)} seconds`
    if (seconds <= mostSeconds) return [ok(id, `The clock is right within ${far}`)]
    const finding: Finding = {
      id,
      state: 'fail',
      text: `The clock is ${far} ${offset > 0 ? 'fast' : 'slow'}`,
      why: 'Signatures, certificates and dates of mail are judged by it.',
      next: 'timedatectl set-ntp true',
    }
    return [finding]
  },
}

/** Seconds between 1900 and 1970 (RFC 5905 §6). */
const eraSeconds = 2_208_988_800

/** How many seconds we are ahead, by one question to a time server (RFC 5905 §14); undefined: no answer. */
export function clockOffset(server: string): Promise<number | undefined> {
  const [, host = server, port = '123'] = /^(.*?)(?::(\d+))?$/.exec(server) ?? []
  const socket = createSocket('udp4')
  return new Promise((resolve) => {
    let isOver = false
    const end = (offset: number | undefined): void => {
      // A failure to send is told twice: by the event, and by what sending calls.
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      resolve(offset)
      socket.removeAllListeners('message')
      socket.close()
    }
    const timer = setTimeout(() => end(undefined), clockMs)
    const query = Buffer.alloc(48)
    // Version 4, mode 3: a client.
    query.writeUInt8(0x23, 0)
    let sentAt = Date.now()
    socket.once('error', () => end(undefined))
    socket.once('message', (answer) => {
      if (answer.length < 48) return end(undefined)
      const received = Date.now()
      const theirs =
        (answer.readUInt32BE(40) - eraSeconds) * 1000 + (answer.readUInt32BE(44) / 2 ** 32) * 1000
      end(((sentAt + received) / 2 - theirs) / 1000)
    })
    socket.send(query, Number(port), host, (error) => {
      sentAt = Date.now()
      if (error !== null) end(undefined)
    })
  })
}
