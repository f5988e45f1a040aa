import { guidesFor, type Guide, type Offer } from '@posthouse/client-setup'
import { html } from 'hono/html'
import { fieldGroup } from './fields.ts'
import { page, type Html } from './layout.ts'
import { settingsCard } from './settings-card.ts'

/** What the page is about. */
export interface SetupPage {
  readonly offer: Offer
  /** Of whom it tells the settings; absent: of nobody in particular. */
  readonly address?: string
  /** What was entered and is no address of this server's domains. */
  readonly refused?: string
}

/** The page that tells people how to set their mail program up. */
export function setupPage(about: SetupPage): Html {
  const { offer, address } = about
  const programs = guidesFor(offer, address).filter(({ id }) => id !== 'other')
  return page(
    `Set up your mail · ${offer.name}`,
    offer.name,
    html`<h1>Set up your mail</h1>
      <p class="lead">
        Thunderbird, K-9 Mail and many others need only your email address and your password. They
        find the rest here by themselves.
      </p>
      ${addressForm(about)}
      <section aria-labelledby="programs">
        <h2 id="programs">Choose your program</h2>
        <div class="guides">${programs.map(guide)}</div>
      </section>
      <section aria-labelledby="settings">
        <h2 id="settings">Any other program</h2>
        ${settingsCard(offer, address)}
        <p class="hint">
          IMAP keeps your mail on the server, for all your devices. POP3 takes it to one of them.
        </p>
      </section>
      <section aria-labelledby="passwords">
        <h2 id="passwords">About passwords</h2>
        <p>
          The password is that of your mailbox. Better is an <em>app password</em>: one for each
          program, which can be taken back alone when a phone is lost. Whoever runs this server
          makes you one.
        </p>
        <p>We never ask for your password on a web page, or in a message.</p>
      </section>`,
  )
}

function addressForm({ offer, address, refused }: SetupPage): Html {
  return html`<form action="/setup" method="get" class="address">
    <label for="address">Your email address</label>
    <div class="row">
      <input
        id="address"
        name="address"
        type="email"
        autocomplete="email"
        autocapitalize="none"
        spellcheck="false"
        required
        maxlength="254"
        placeholder="you@${offer.domain}"
        value="${address ?? refused ?? ''}"
        aria-describedby="address-hint"
        ${refused === undefined ? '' : html`aria-invalid="true"`}
      />
      <button type="submit">Show my settings</button>
    </div>
    ${hint(address, refused)}
  </form>`
}

function hint(address: string | undefined, refused: string | undefined): Html {
  if (refused !== undefined)
    return html`<p id="address-hint" class="hint error" role="alert">
      “${refused}” is not an address of this server.
    </p>`
  if (address !== undefined)
    return html`<p id="address-hint" class="hint">Below are the settings of this address.</p>`
  return html`<p id="address-hint" class="hint">The settings below are then yours to copy.</p>`
}

function guide({ id, name, where, steps, groups, note }: Guide): Html {
  return html`<details id="${id}" name="guide">
    <summary><span class="name">${name}</span> <span class="where">${where}</span></summary>
    <div class="guide">
      <ol>
        ${steps.map((step) => html`<li>${step}</li>`)}
      </ol>
      <div class="groups">${groups.map(fieldGroup)}</div>
      ${note === undefined ? '' : html`<p class="hint">${note}</p>`}
    </div>
  </details>`
}
