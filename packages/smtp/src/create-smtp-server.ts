// oxlint-disable no-underscore-dangle -- smtp-server names the members that a subclass may use with an underscore.
import { once } from 'node:events'
import { ListenError } from '@posthouse/line-server'
import { House } from './server.ts'
import type { SmtpListener, SmtpServerOptions } from './server-options.ts'

/**
 * Opens an SMTP port.
 *
 * @throws ListenError where it cannot be opened.
 */
export async function createSmtpServer<User, Target>(
  options: SmtpServerOptions<User, Target>,
): Promise<SmtpListener> {
  const house = new House(options)
  const { server } = house
  const closed = once(server, 'close')
  const port = await listen(house, options)
  return {
    host: options.host,
    port,
    get connections() {
      return house.open
    },
    async close(drainMs) {
      server.close()
      house.drain()
      const timer = setTimeout(() => house.cut(), drainMs)
      for (const top of house._pendingSockets.values()) top.destroy()
      await closed
      clearTimeout(timer)
    },
  }
}

async function listen<User, Target>(
  house: House<User, Target>,
  { host, port }: SmtpServerOptions<User, Target>,
): Promise<number> {
  const failed = Promise.withResolvers<never>()
  const onError = (error: NodeJS.ErrnoException) =>
    failed.reject(new ListenError(host, port, error.code ?? error.message))
  house.server.once('error', onError)
  house.server.listen({ host, port, backlog: 1024 })
  await Promise.race([once(house.server, 'listening'), failed.promise])
  house.server.off('error', onError)
  const address = house.server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}
