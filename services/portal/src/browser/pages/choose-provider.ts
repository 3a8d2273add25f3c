import type { Provider } from '@causeway/policy';
import { html } from '../html.ts';
import type { Page } from './layout.ts';

export interface ChooseProvider {
  readonly providers: readonly Provider[];
  readonly returnTo: string;
  /** What somebody typed that belongs to no provider. */
  readonly unknownEmail?: string | undefined;
}

/** Where somebody who is not signed in begins. */
export function chooseProviderPage({ providers, returnTo, unknownEmail }: ChooseProvider): Page {
  const query = new URLSearchParams({ return_to: returnTo }).toString();
  return {
    title: 'Sign in with your company',
    body: html` <p>Causeway has no passwords of its own. Your company proves who you are.</p>
      <ul class="plain">
        ${providers.map(({ id }) => html`<li><a class="button wide" href="/auth/${id}/login?${query}">Continue with ${nameOf(id)}</a></li>`)}
      </ul>
      <h2>Or by e-mail address</h2>
      ${unknownEmail === undefined ? undefined : html`<p class="bad" role="alert" id="email-problem">No company here uses the address ${unknownEmail}.</p>`}
      <form method="get" action="/auth">
        <input type="hidden" name="return_to" value="${returnTo}" />
        <label for="email">Your work e-mail</label>
        <p>
          <input
            id="email"
            name="email"
            type="email"
            autocomplete="email"
            required
            value="${unknownEmail ?? ''}"
            ${unknownEmail === undefined ? undefined : html`aria-invalid="true" aria-describedby="email-problem"`}
          />
        </p>
        <button type="submit">Find my company</button>
      </form>`,
  };
}

/** The policy has ids only: `north-wind` reads as North Wind. */
export const nameOf = (id: string): string =>
  id
    .split(/[-_]/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join(' ');
