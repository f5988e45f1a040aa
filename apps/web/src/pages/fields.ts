import { html } from 'hono/html'
import type { GuideField, GuideGroup } from '@posthouse/client-setup'
import type { Html } from './layout.ts'

/** The fields of a dialog under its title. */
export function fieldGroup({ title, fields }: GuideGroup): Html {
  return html`<section class="group">
    <h3>${title}</h3>
    ${fieldList(fields)}
  </section>`
}

/** Labels as they stand in a dialog, and what belongs in them. */
export function fieldList(fields: readonly GuideField[]): Html {
  return html`<dl>
    ${fields.map(
      ({ label, value, isText }) =>
        html`<div>
          <dt>${label}</dt>
          <dd>
            ${
              isText === true
                ? html`<code data-copy="${label}">${value}</code>`
                : html`<span>${value}</span>`
            }
          </dd>
        </div>`,
    )}
  </dl>`
}
