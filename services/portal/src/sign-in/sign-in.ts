import {
  createSubjectTokenVerifier,
  type SubjectTokenResult,
  tokenError,
  TrustedProviders,
  withoutClientPin,
} from '@causeway/auth';
import { AppError } from '@causeway/core';
import { type PolicyDocument, type Provider, providerSettings } from '@causeway/policy';
import { hash, randomBytes } from 'node:crypto';
import * as client from 'openid-client';
import { z } from 'zod';
import { refuseToken } from '../attempt/oauth-refusal.ts';
import type { StateStore } from '../state/state-store.ts';
import type { SignedIn } from './accounts.ts';
import type { PartnerClient, PartnerClients } from './partner-clients.ts';

export interface SignInDeps {
  readonly clients: PartnerClients;
  readonly store: StateStore;
  readonly document: () => PolicyDocument;
  /** Whose keys are fetched and kept for the token exchange already. */
  readonly providers: TrustedProviders;
  readonly ownIssuer: string;
  readonly now: () => number;
}

/** What is remembered while somebody is at their provider. */
const pending = z.object({
  idp: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  browser: z.string(),
  returnTo: z.string(),
});

export interface Begun {
  readonly url: URL;
  /** For a cookie: whoever comes back must be the browser that went. */
  readonly browser: string;
}

export interface Returned {
  /** Which of the sign-ins of this browser it was. */
  readonly browser: string;
  readonly signedIn: SignedIn;
  readonly idToken: string;
  readonly returnTo: string;
}

const PENDING_MS = 600_000;

/** Sign-in at a provider: authorization code with PKCE, state, nonce, and a binding to the browser. */
export class SignIn {
  readonly #deps: SignInDeps;

  constructor(deps: SignInDeps) {
    this.#deps = deps;
  }

  async begin(idp: string, returnTo: string): Promise<Begun | undefined> {
    const partner = await this.#deps.clients.find(this.#deps.document(), idp);
    if (partner === undefined) return undefined;
    const [state, browser] = [client.randomState(), randomBytes(32).toString('base64url')];
    const [nonce, verifier] = [client.randomNonce(), client.randomPKCECodeVerifier()];
    const value = { idp, nonce, verifier, browser: digest(browser), returnTo };
    await this.#deps.store.set(keyOf(state), JSON.stringify(value), { ttlMs: PENDING_MS });
    const url = client.buildAuthorizationUrl(partner.configuration, {
      redirect_uri: partner.redirectUri,
      scope: scopeFor(partner),
      state,
      nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    return { url, browser };
  }

  /** `search` is the query with which the browser came back, and `browsers` what its cookie holds: one for each open tab. */
  async finish(idp: string, { search, browsers }: { search: string; browsers: readonly string[] }): Promise<Returned> {
    const state = new URLSearchParams(search).get('state') ?? '';
    // Taken, not read: an answer counts once.
    const written = await this.#deps.store.take(keyOf(state));
    if (written === undefined) throw refuseToken('the sign-in is unknown, too old, or was answered before');
    const begun = pending.parse(JSON.parse(written));
    if (begun.idp !== idp) throw refuseToken('the sign-in was begun at another provider');
    // RFC 6749 §10.12: otherwise somebody could be signed in as the attacker.
    const browser = browsers.find((one) => digest(one) === begun.browser);
    if (browser === undefined) throw refuseToken('another browser came back');
    const partner = await this.#deps.clients.find(this.#deps.document(), idp);
    if (partner === undefined) throw refuseToken('the provider is gone from the policy');
    const tokens = await redeem(partner, { search, state, begun });
    const idToken = tokens.id_token ?? '';
    const signedIn = await this.#prove(partner.provider, idToken);
    const { refresh_token: refreshToken } = tokens;
    return { browser, signedIn: { ...signedIn, refreshToken }, idToken, returnTo: begun.returnTo };
  }

  /** Asks the provider whether this person is still there. Undefined when it says no. */
  async renew(idp: string, { refreshToken, claims, human }: SignedIn): Promise<SignedIn | undefined> {
    if (refreshToken === undefined) return { refreshToken, claims, human };
    const partner = await this.#deps.clients.find(this.#deps.document(), idp);
    // The policy may give the name to another company: it must not see this one's refresh token, and knows none of its people.
    if (partner?.provider.issuer !== human.issuer) return undefined;
    try {
      const tokens = await client.refreshTokenGrant(partner.configuration, refreshToken);
      const proved =
        tokens.id_token === undefined ? { claims, human } : await this.#prove(partner.provider, tokens.id_token);
      // OpenID Connect Core §12.2: the person of the first ID token, and nobody else.
      if (proved.human.subject !== human.subject) {
        throw new AppError('upstream_unavailable', `sign-in at ${idp}: the answer is about another person`);
      }
      return { ...proved, refreshToken: tokens.refresh_token ?? refreshToken };
    } catch (error) {
      if (isAboutThePerson(error)) return undefined;
      throw error instanceof AppError ? error : unavailable(idp, error);
    }
  }

  /** Where to end the session at the provider too, if it has such a place. */
  async endUrl(idp: string, idToken: string | undefined, returnTo: string): Promise<URL | undefined> {
    const partner = await this.#deps.clients.find(this.#deps.document(), idp).catch(() => undefined);
    if (partner?.configuration.serverMetadata().end_session_endpoint === undefined) return undefined;
    return client.buildEndSessionUrl(partner.configuration, {
      post_logout_redirect_uri: returnTo,
      ...(idToken !== undefined && { id_token_hint: idToken }),
    });
  }

  /** By the rules for subject tokens, but the audience is the portal's own client there (OpenID Connect Core §3.1.3.7). */
  async #prove(provider: Provider, idToken: string): Promise<Pick<SignedIn, 'human' | 'claims'>> {
    const { document, ownIssuer, now } = this.#deps;
    const settings = providerSettings(document())
      .filter(({ id }) => id === provider.id)
      .map((one) => ({ ...withoutClientPin(one), audience: provider.client?.id ?? '' }));
    const routed = this.#deps.providers.route(provider.issuer);
    if (!routed.ok) throw refuseToken(`id_token: ${routed.reason}`);
    const keys = { ...NO_STATE, find: routed.keys.find.bind(routed.keys) };
    const providers = new TrustedProviders({ providers: settings, now, openKeys: () => keys });
    const result = await createSubjectTokenVerifier({ providers, ownIssuer, now }).verify(idToken, 'id_token');
    if (!result.ok) throw tokenRefusal(result);
    return { human: result.human, claims: result.claims };
  }
}

/** RFC 6749 §5.2: what a provider says of us, or of its own state, says nothing about the person. */
const ABOUT_US = new Set([
  'invalid_client',
  'unauthorized_client',
  'invalid_request',
  'invalid_scope',
  'unsupported_grant_type',
  'server_error',
  'temporarily_unavailable',
  'slow_down',
]);
const LATER = new Set([408, 429]);

const isAboutThePerson = (error: unknown): boolean =>
  error instanceof client.ResponseBodyError &&
  error.status < 500 &&
  !LATER.has(error.status) &&
  !ABOUT_US.has(error.error);

/** The keys belong to somebody else, who watches and closes them. */
const NO_STATE = {
  state: { name: 'shared', keys: 0, ageMs: 0, failure: undefined, breaker: 'closed' as const },
  close: async () => undefined,
};

function tokenRefusal(result: Extract<SubjectTokenResult, { ok: false }>): AppError {
  const error = tokenError('subject_token', result);
  return error.code === 'invalid_request' ? refuseToken(`id_token: ${result.reason}`) : error;
}

interface Redeem {
  readonly search: string;
  readonly state: string;
  readonly begun: z.infer<typeof pending>;
}

async function redeem({ configuration, redirectUri, provider }: PartnerClient, { search, state, begun }: Redeem) {
  try {
    return await client.authorizationCodeGrant(configuration, new URL(`${redirectUri}?${search}`), {
      pkceCodeVerifier: begun.verifier,
      expectedState: state,
      expectedNonce: begun.nonce,
      idTokenExpected: true,
    });
  } catch (error) {
    if (error instanceof client.AuthorizationResponseError) throw refuseToken(`the provider refused: ${error.error}`);
    if (error instanceof client.ResponseBodyError && error.status < 500)
      throw refuseToken(`the provider: ${error.error}`);
    if (error instanceof client.ClientError)
      throw refuseToken(`the provider's answer: ${error.code ?? 'not accepted'}`);
    throw unavailable(provider.id, error);
  }
}

const unavailable = (idp: string, cause: unknown) =>
  new AppError('upstream_unavailable', `sign-in at ${idp}: no usable answer`, { cause });

/** `groups` is a scope that an Okta server may have or not. */
function scopeFor({ configuration }: PartnerClient): string {
  const { scopes_supported: supported = [] } = configuration.serverMetadata();
  const wanted = ['offline_access', 'groups'].filter((scope) => supported.includes(scope));
  return ['openid', 'profile', 'email', ...wanted].join(' ');
}

const digest = (value: string): string => hash('sha256', value, 'base64url');
const keyOf = (state: string) => `sign-in:${digest(state)}`;
