import { hash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { type Html, html, Html as Raw } from '../html.ts';

export interface Page {
  readonly title: string;
  readonly body: Html;
  readonly status?: number;
  /** Where a form of this page may end up, beside the portal itself: browsers check every redirect on the way. */
  readonly formTarget?: string | undefined;
  /** Goes on there by itself, without a script. */
  readonly continueTo?: string | undefined;
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1b2430; --soft: #5a6675; --line: #d9dee5; --edge: #7a8696; --paper: #fff; --ground: #f3f5f8; --accent: #0b5cad; --on-accent: #fff; --bad: #a3261d; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf1; --soft: #a5b0bd; --line: #37424f; --edge: #8492a2; --paper: #1a222c; --ground: #11171e; --accent: #7db7f5; --on-accent: #0c1a29; --bad: #ff9d94; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 2rem 1rem; background: var(--ground); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; }
main { max-width: 34rem; margin: 0 auto; padding: 2rem; background: var(--paper); border: 1px solid var(--line); border-radius: .75rem; }
header { max-width: 34rem; margin: 0 auto 1rem; font-weight: 600; letter-spacing: .02em; color: var(--soft); }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25; }
h2 { margin: 2rem 0 .5rem; font-size: 1.05rem; }
p { margin: 0 0 1rem; } .soft { color: var(--soft); } .bad { color: var(--bad); }
ul.plain { list-style: none; margin: 0; padding: 0; } ul.plain > li { margin: 0 0 .6rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1.25rem; margin: 0 0 1rem; } dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
a { color: var(--accent); }
.button, button { display: inline-block; min-height: 2.75rem; padding: .55rem 1.1rem; border: 1px solid var(--edge); border-radius: .5rem; background: var(--paper); color: var(--ink); font: inherit; font-weight: 600; text-decoration: none; cursor: pointer; }
.wide { display: block; width: 100%; text-align: left; } .main { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
.button:hover, button:hover { border-color: var(--accent); } :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
label { display: block; margin: 0 0 .3rem; font-weight: 600; }
input[type=email] { width: 100%; min-height: 2.75rem; padding: .5rem .75rem; border: 1px solid var(--edge); border-radius: .5rem; background: var(--paper); color: var(--ink); font: inherit; }
form.row { display: inline-block; margin: 0 .5rem .5rem 0; } .split { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .5rem; align-items: center; }
code { padding: .1rem .35rem; border-radius: .3rem; background: var(--ground); overflow-wrap: anywhere; }
`;

/** Written here as a whole: a blank more would be another hash. */
const STYLE_ELEMENT = new Raw(`<style>${STYLE}</style>`);
const STYLE_HASH = `'sha256-${hash('sha256', STYLE, 'base64')}'`;

/** One page without a script. It loads nothing, cannot be framed, and its forms go where it says. */
export function renderPage(page: Page): { readonly headers: Readonly<Record<string, string>>; readonly text: string } {
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': policyOf(page),
  };
  return { headers, text: document(page).text };
}

export function sendPage(response: ServerResponse, page: Page): void {
  const { headers, text } = renderPage(page);
  response.writeHead(page.status ?? 200, { ...headers, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

function policyOf({ formTarget }: Page): string {
  const target = formTarget === undefined ? '' : ` ${formTarget}`;
  return `default-src 'none'; style-src ${STYLE_HASH}; form-action 'self'${target}; frame-ancestors 'none'; base-uri 'none'`;
}

function document({ title, body, continueTo }: Page): Html {
  const refresh =
    continueTo === undefined ? undefined : html`<meta http-equiv="refresh" content="0; url=${continueTo}" />`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        ${refresh}
        <title>${title} – Causeway</title>
        ${STYLE_ELEMENT}
      </head>
      <body>
        <header>Causeway</header>
        <main>
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html> `;
}
