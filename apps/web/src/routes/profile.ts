import {
  appleProfile,
  offerFor,
  profileType,
  signProfile,
  type Offer,
} from '@posthouse/client-setup'
import { parseStoreAddress, type Redeemed } from '@posthouse/store'
import { bodyOf } from '../body.ts'
import type { House } from '../house.ts'
import { htmlResponse, strictTransport } from '../pages/layout.ts'
import {
  profileGonePage,
  profilePage,
  profileRefusedPage,
  profileSettingsPage,
} from '../pages/profile-page.ts'
import { notFound, route, tooLarge } from '../route.ts'

/** Nothing of this is kept by anybody. */
const headers = { 'cache-control': 'no-store' }

/** The page of a link: whoever looks at it beforehand (mail filters, chat programs) uses nothing up. */
export const profileLink = route({
  name: 'profile',
  path: '/profile/:token',
  methods: ['GET'],
  async handle({ req, var: { house, peer } }) {
    if (!peer.isPrivate) return notFound()
    const found = await house.store.profileLinks.find(req.param('token') ?? '')
    if (found === undefined) return gone(house)
    const { account, name } = found
    const page = profilePage(offerOf(house, account), account, name)
    return htmlResponse(page, { ...headers, ...strictTransport(house.config, peer) })
  },
})

/** Uses a link up: makes the app password, and hands the profile or the settings over. */
export const profileDelivery = route({
  name: 'profile.delivery',
  path: '/profile/:token',
  methods: ['POST'],
  async handle(visit) {
    const { house, peer } = visit.var
    if (!peer.isPrivate) return notFound()
    const body = await bodyOf(visit)
    if (body === undefined) return tooLarge()
    const wanted = choiceOf(body)
    if (wanted === undefined) return notFound()
    const actor = { via: 'web', user: peer.address }
    const redeemed = await house.store.profileLinks.redeem(visit.req.param('token') ?? '', actor)
    if (!redeemed.ok) return refused(house, redeemed.reason)
    const { account } = redeemed.appPassword
    const offer = offerOf(house, account)
    const profile = wanted === 'profile' ? await deliver(house, offer, redeemed) : undefined
    if (profile !== undefined) return profile
    const page = profileSettingsPage(offer, account, redeemed.secret.reveal())
    return htmlResponse(page, headers)
  },
})

function choiceOf(body: string): 'profile' | 'settings' | undefined {
  const as = new URLSearchParams(body).get('as')
  return as === 'profile' || as === 'settings' ? as : undefined
}

/** Undefined where Apple's devices can be told nothing: the password is made by then, and must be shown at least. */
async function deliver(
  { tls, log }: House,
  offer: Offer,
  { appPassword, accountId, secret }: Extract<Redeemed, { readonly ok: true }>,
): Promise<Response | undefined> {
  const owner = { address: appPassword.account, accountId, password: secret }
  const profile = appleProfile(offer, owner)
  if (profile === undefined) return undefined
  // A device takes a profile that nobody signed, too, and says so.
  const signed = await signProfile(profile, tls.material(offer.host)).catch((error: unknown) => {
    log.warn('web.profile.unsigned', { error })
    return Buffer.from(profile)
  })
  return new Response(new Uint8Array(signed), {
    headers: {
      ...headers,
      'content-type': profileType,
      'content-disposition': 'attachment; filename="mail.mobileconfig"',
    },
  })
}

/** A link of an account of ours: its domain is one. */
function offerOf({ config }: House, account: string): Offer {
  return offerFor(config, parseStoreAddress(account)?.domain ?? config.clients.publicHost)
}

function refused(house: House, reason: string): Promise<Response> {
  if (reason !== 'too-many') return gone(house)
  const { config } = house
  const offer = offerFor(config, config.clients.publicHost)
  return htmlResponse(profileRefusedPage(offer), headers, 409)
}

function gone({ config }: House): Promise<Response> {
  return htmlResponse(profileGonePage(offerFor(config, config.clients.publicHost)), headers, 410)
}
