import type { Human, Scope } from '@causeway/core';
import { type Html, html } from '../html.ts';
import { nameOf } from './choose-provider.ts';
import type { Page } from './layout.ts';

export interface Connected {
  readonly application: string;
  readonly name: string;
  readonly note: string;
  readonly isAllowed: boolean;
  /** What a yes would be for; undefined where there is nothing to say yes to. */
  readonly wanted: readonly Scope[] | undefined;
}

export interface Home {
  readonly human: Human;
  readonly role: string;
  readonly groups: readonly string[];
  readonly scopes: readonly string[];
  readonly tools: readonly string[];
  readonly connected: readonly Connected[];
  readonly csrf: string;
}

/** Who you are here, what that opens, and who may work for you. */
export function homePage({ human, role, groups, scopes, tools, connected, csrf }: Home): Page {
  return {
    title: human.email ?? 'You are signed in',
    body: html` <dl>
        <dt>Signed in with</dt>
        <dd>${nameOf(human.idp)}</dd>
        <dt>Role</dt>
        <dd><strong>${role}</strong></dd>
        <dt>Groups</dt>
        <dd>${groups.join(', ')}</dd>
        <dt>Scopes</dt>
        <dd>${scopes.join(', ')}</dd>
      </dl>
      <h2>Your tools</h2>
      <ul>
        ${tools.map((tool) => html`<li><code>${tool}</code></li>`)}
      </ul>
      <h2>Applications and agents that work for you</h2>
      ${
        connected.length === 0
          ? html`<p class="soft">None.</p>`
          : html`<ul class="plain">
              ${connected.map((one) => entry(one, csrf))}
            </ul>`
      }
      <form method="post" action="/auth/logout">
        <input type="hidden" name="csrf" value="${csrf}" />
        <p><button type="submit">Sign out</button></p>
      </form>`,
  };
}

function entry({ application, name, note, isAllowed, wanted }: Connected, csrf: string): Html {
  return html`<li class="split">
    <span>${name}<br /><span class="soft">${note}</span></span>
    <form class="row" method="post" action="/connections">
      <input type="hidden" name="csrf" value="${csrf}" />
      <input type="hidden" name="application" value="${application}" />
      ${
        wanted &&
        html`<input type="hidden" name="scope" value="${wanted.join(' ')}" />
          <button type="submit" name="decision" value="allow">Allow <span class="soft">${name}</span></button>`
      }
      ${isAllowed ? html`<button type="submit" name="decision" value="deny">Revoke <span class="soft">${name}</span></button>` : undefined}
    </form>
  </li>`;
}
