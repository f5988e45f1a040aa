import { proxyNetworksOf, xclientNetworksOf, type Services } from '@posthouse/app'
import {
  ClientLedger,
  GatewayWatch,
  isPositive,
  KnownClients,
  type SmtpHandlers,
  type SmtpServerOptions,
} from '@posthouse/smtp'

/** What the door adds to a server's settings. */
type DoorOptions = Pick<
  SmtpServerOptions<never, unknown>,
  'greetingDelayMs' | 'proxyNetworks' | 'xclientNetworks' | 'ledger'
>

/** Who comes to the door: strangers wait for the greeting, everybody is counted, proxies and filters say for whom they speak. */
export class Door {
  readonly options: DoorOptions
  readonly #known = new KnownClients()
  readonly #gateway: GatewayWatch

  constructor({ config, log }: Pick<Services, 'config' | 'log'>) {
    this.#gateway = new GatewayWatch(log)
    this.options = {
      greetingDelayMs: ({ remoteAddress }) =>
        this.#known.isStranger(remoteAddress) ? config.mx.greetingDelayMs : 0,
      proxyNetworks: proxyNetworksOf(config, 'mx'),
      xclientNetworks: xclientNetworksOf(config),
      ledger: new ClientLedger(config.mx),
    }
  }

  /** The handlers, watched: who brings mail is known from then on. */
  watch<User, Target>(handlers: SmtpHandlers<User, Target>): SmtpHandlers<User, Target> {
    return {
      ...handlers,
      onMail: async (mail, session) => {
        this.#gateway.sees(session.remoteAddress, session.helo ?? '')
        return await handlers.onMail?.(mail, session)
      },
      onMessage: async (octets, envelope, session) => {
        const reply = await handlers.onMessage(octets, envelope, session)
        if (isPositive(reply)) this.#known.delivered(session.remoteAddress)
        return reply
      },
    }
  }
}
