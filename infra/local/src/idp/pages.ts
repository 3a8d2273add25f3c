import { createHash } from 'node:crypto';

import type { Person } from '../people.ts';

/** What the sign-in page shows. `problem` is shown above the form. */
export interface SignInPage {
  readonly providerName: string;
  readonly people: readonly Person[];
  readonly typed: string;
  readonly problem?: string;
}

/** A page for browsers with or without scripts: it has none. Nobody has a password, and it says so. */
export function signInPage({ providerName, people, typed, problem }: SignInPage): string {
  const buttons = people.map(
    ({ email, name }) =>
      `<button name="email" value="${escapeHtml(email)}">${escapeHtml(name)}<small>${escapeHtml(email)}</small></button>`,
  );
  return page(
    `Sign in to ${providerName}`,
    `${problem === undefined ? '' : `<p role="alert">${escapeHtml(problem)}</p>`}
<p>These are demo accounts of a made-up company. There is no password: choose who you want to be.</p>
<form method="post">${buttons.join('\n')}</form>
<form method="post"><label for="email">Or type an e-mail address</label>
<input id="email" name="email" type="email" required maxlength="254" value="${escapeHtml(typed)}">
<button>Sign in</button></form>`,
  );
}

/** `form` is the provider's own markup: an empty form with the id that the button names. */
export function signOutPage(providerName: string, form: string): string {
  return page(
    `Sign out of ${providerName}`,
    `${form}<p>Do you want to sign out?</p>
<button type="submit" form="op.logoutForm" name="logout" value="yes">Sign out</button>
<button type="submit" form="op.logoutForm">Stay signed in</button>`,
  );
}

export function messagePage(title: string, message: string): string {
  return page(title, `<p>${escapeHtml(message)}</p>`);
}

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:24rem;margin:4rem auto;padding:0 1rem}' +
  'button,input{font:inherit;display:block;box-sizing:border-box;width:100%;margin:.5rem 0;padding:.6rem}' +
  'small{display:block;opacity:.7}[role=alert]{border-left:4px solid;padding-left:.6rem}';

/**
 * The headers of every page. `script-src` is empty, and the provider's own pages add the hash of their one script to it.
 * There is no `form-action`: browsers apply it to the redirects after a form as well, and those lead to the application.
 */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    `default-src 'none'; script-src; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; ` +
    "base-uri 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body><main><h1>${escapeHtml(title)}</h1>
${body}
</main></body></html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
