import type { Config } from '@posthouse/config'
import { html } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'
import { icon, script, styles } from '../assets.ts'
import { limits } from '../limits.ts'
import type { Peer } from '../peer.ts'

/** A piece of a page: everything that was put into it is escaped. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>

/** A whole page around its middle. */
export function page(title: string, service: string, middle: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>${title}</title>
        <link rel="icon" href="${icon.path}" />
        <link rel="stylesheet" href="${styles.path}" />
        <script src="${script.path}" defer></script>
      </head>
      <body>
        <header>
          <p class="service">${envelope()}<span>${service}</span></p>
        </header>
        <main>${middle}</main>
      </body>
    </html>`
}

/** The page as it is sent. */
export async function htmlResponse(
  body: Html,
  headers: Readonly<Record<string, string>>,
  status = 200,
): Promise<Response> {
  return new Response(String(await body), {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8', ...headers },
  })
}

/**
 * Browsers that saw a page over TLS come back over TLS (RFC 6797 §6.1); only where the ports are those of the world, for on
 * one's own machine the name `localhost` is many servers'.
 */
export function strictTransport(
  { clients: { publicPorts } }: Pick<Config, 'clients'>,
  { isTls }: Peer,
): Readonly<Record<string, string>> {
  if (!isTls || publicPorts.https !== 443) return {}
  return { 'strict-transport-security': `max-age=${limits.strictTransportSeconds}` }
}

function envelope(): Html {
  return html`<svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
    <rect x="2.75" y="5" width="18.5" height="14" rx="2.5" />
    <path d="m3.5 6.5 8.5 6.75 8.5-6.75" />
  </svg>`
}
