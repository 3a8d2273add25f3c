import type { IncomingMessage } from 'node:http';
import { interactionPolicy } from 'oidc-provider';

/**
 * Asks for a sign-in whenever the portal's own session is not that of the person whom the library remembers. For consent the library's own
 * checks stand: where none is remembered, and each time for an application on the person's own machine, in whose name every other
 * program there could ask (RFC 8252 §8.6).
 */
export function loginPolicy(accountIdOf: (request: IncomingMessage) => Promise<string | undefined>) {
  const { Check, base } = interactionPolicy;
  const policy = base();
  policy.get('login')?.checks.add(
    new Check('portal_session', 'the person is not signed in here', async (ctx) => {
      const signedIn = await accountIdOf(ctx.req);
      const known = ctx.oidc.session?.accountId;
      return signedIn === undefined || known !== signedIn ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT;
    }),
  );
  return policy;
}
