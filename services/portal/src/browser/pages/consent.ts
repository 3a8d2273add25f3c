import type { Scope } from '@causeway/core';
import type { Human } from '@causeway/core';
import { html } from '../html.ts';
import type { Page } from './layout.ts';

export interface AskConsent {
  readonly action: string;
  readonly csrf: string;
  readonly clientId: string;
  readonly clientName: string;
  readonly redirectUri: string;
  readonly scopes: readonly Scope[];
  readonly human: Human;
  readonly role: string;
  /** Nobody here has looked at this client: it described itself. */
  readonly isSelfDescribed: boolean;
}

const SCOPE_TEXTS: Readonly<Record<Scope, string>> = {
  sql: 'read sales data and documents that you may read',
  genie: 'ask questions of the data in your name',
  serving: 'ask the supervisor agent in your name',
  connections: 'call outside services that you may call',
  audit: 'read the audit trail',
};

/** Names who asks, where the answer goes, and what it opens. Nothing is given before somebody says yes here. */
export function consentPage({ human, role, scopes, ...ask }: AskConsent): Page {
  const { host, protocol, hostname } = new URL(ask.redirectUri);
  const isOwnMachine = ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
  const where = host === '' ? protocol : host;
  return {
    title: `Let ${ask.clientName} work for you?`,
    formTarget: host === '' ? protocol : `${protocol}//${host}`,
    body: html` <p>You are ${human.email ?? human.subject}, with the role <strong>${role}</strong>.</p>
      <dl>
        <dt>Application</dt>
        <dd><strong>${ask.clientName}</strong></dd>
        <dt>Sends you to</dt>
        <dd><code>${where}</code></dd>
      </dl>
      ${isOwnMachine ? html`<p class="soft">It runs on this computer. Go on only if you have just started it yourself.</p>` : undefined}
      ${ask.isSelfDescribed ? html`<p class="bad">This application described itself${placeOf(ask.clientId)}; nobody here has checked it.</p>` : undefined}
      <h2>It will be able to</h2>
      <ul>
        ${scopes.length === 0 ? html`<li>see who you are</li>` : scopes.map((scope) => html`<li>${SCOPE_TEXTS[scope]} <span class="soft">(${scope})</span></li>`)}
      </ul>
      <p class="soft">Never more than you may do yourself. You can take this back at any time.</p>
      <form method="post" action="${ask.action}">
        <input type="hidden" name="csrf" value="${ask.csrf}" />
        <button class="main" type="submit" name="decision" value="allow">Allow</button>
        <button type="submit" name="decision" value="deny">Do not allow</button>
      </form>`,
  };
}

/** The draft of client ID metadata documents, §6: the one name that an application cannot choose is the host of its document. */
function placeOf(clientId: string): string {
  const url = clientId.startsWith('https://') ? URL.parse(clientId) : null;
  return url === null ? '' : `, as it is described at ${url.host}`;
}
