import type { Offer } from '@posthouse/client-setup'
import { html } from 'hono/html'
import { page, type Html } from './layout.ts'
import { settingsCard } from './settings-card.ts'

/** The page of a link that holds: nothing is used up before a button is pressed. */
export function profilePage(offer: Offer, account: string, name: string): Html {
  return page(
    `Set up this device · ${offer.name}`,
    offer.name,
    html`<h1>Set up this device</h1>
      <p class="lead">
        Mail for <strong>${account}</strong>, with a password of its own (“${name}”).
      </p>
      <form method="post" class="choices">
        <button type="submit" name="as" value="profile">For iPhone, iPad or Mac</button>
        <button type="submit" name="as" value="settings" class="second">
          For any other device
        </button>
      </form>
      <p class="hint">
        This link works once, and for ten minutes. Choose on the device that you want to set up.
      </p>
      <section aria-labelledby="then">
        <h2 id="then">Then, on an iPhone or iPad</h2>
        <ol>
          <li>Allow the download.</li>
          <li>
            Open Settings. At the top it says Profile Downloaded: open it, and choose Install.
          </li>
        </ol>
        <p>On a Mac, open the file, then System Settings › General › Device Management.</p>
      </section>`,
  )
}

/** The page of a link that is over. */
export function profileGonePage(offer: Offer): Html {
  return page(
    `This link is over · ${offer.name}`,
    offer.name,
    html`<h1>This link is over</h1>
      <p class="lead">
        Each link works once, and for ten minutes. Ask whoever gave it to you for another one, or
        <a href="/setup">set your mail up by hand</a>.
      </p>`,
  )
}

/** The page for an account that has as many app passwords as it can. */
export function profileRefusedPage(offer: Offer): Html {
  return page(
    `No more app passwords · ${offer.name}`,
    offer.name,
    html`<h1>There are too many app passwords</h1>
      <p class="lead">
        This mailbox has as many app passwords as it can have. When one is taken back, this link
        works again, while its ten minutes last.
      </p>`,
  )
}

/** The settings with the new password in them, shown this once. */
export function profileSettingsPage(offer: Offer, account: string, password: string): Html {
  return page(
    `Settings for ${account} · ${offer.name}`,
    offer.name,
    html`<h1>Settings for this device</h1>
      <p class="lead">
        Most programs need only your email address and this password. It is shown
        <strong>this once</strong>: if it is lost, take another one.
      </p>
      ${settingsCard(offer, account, password)}
      <p class="hint">
        How it is entered in your program: <a href="/setup">set up your mail</a>.
      </p>`,
  )
}
