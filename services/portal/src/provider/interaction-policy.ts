import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';

/**
 * Asks for a sign-in whenever the portal's own session is not that of the person whom the library remembers, and for consent
 * where none is remembered. The library would ask for every application on the person's own machine each time (RFC 8252 §8.6,
 * a SHOULD); here a consent counts for them too, so another program on the same machine can ask in its name. LIMITATIONS.md says so.
 */
export function loginPolicy(accountIdOf: (ctx: KoaContextWithOIDC) => Promise<string | undefined>) {
  const { Check, base } = interactionPolicy;
  const policy = base();
  policy.get('login')?.checks.add(
    new Check('portal_session', 'the person is not signed in here', async (ctx) => {
      const signedIn = await accountIdOf(ctx);
      const known = ctx.oidc.session?.accountId;
      return signedIn === undefined || known !== signedIn ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT;
    }),
  );
  policy.get('consent')?.checks.remove('native_client_prompt');
  return policy;
}
