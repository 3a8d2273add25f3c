import { html } from '../html.ts';
import type { Page } from './layout.ts';

export interface Message {
  readonly title: string;
  readonly text: string;
  readonly status: number;
  readonly requestId: string;
}

/** Something did not work: what it means for whoever reads it, and the id under which the reason is in the log. */
export function messagePage({ title, text, status, requestId }: Message): Page {
  return {
    title,
    status,
    body: html` <p>${text}</p>
      <p class="soft">If you ask for help, quote the request id <code>${requestId}</code>.</p>
      <p><a href="/">Back to the start</a></p>`,
  };
}

/** On the way to another place, for browsers without automatic refresh too. */
export function leavingPage(title: string, url: URL): Page {
  return {
    title,
    continueTo: url.href,
    body: html`<p><a class="button main" href="${url.href}">Continue to ${url.host}</a></p>`,
  };
}
