import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

import type { IdpId } from '../../people.ts';
import { PlainBrowser, type Visit } from '../plain-browser.ts';
import type { IdentityProviders } from '../start-identity-providers.ts';

const PORTAL = 'http://127.0.0.1:8700/';

/** The portal as a provider sees it: a confidential client, step by step, so that a test can get one step wrong. */
export class PortalClient {
  readonly browser = new PlainBrowser();
  readonly verifier = randomBytes(32).toString('base64url');
  readonly redirectUri: string;
  readonly #idp: IdpId;
  readonly #providers: IdentityProviders;

  constructor(providers: IdentityProviders, idp: IdpId) {
    this.#providers = providers;
    this.#idp = idp;
    this.redirectUri = `${PORTAL}auth/${idp}/callback`;
  }

  async discovery(): Promise<Readonly<Record<string, string>>> {
    const issuer = this.#providers.issuers[this.#idp].replace(/\/$/, '');
    const response = await fetch(`${issuer}/.well-known/openid-configuration`);
    return (await response.json()) as Record<string, string>;
  }

  /** Opens the authorization endpoint; a changed parameter that is `undefined` is left out. */
  async authorize(changed: Readonly<Record<string, string | undefined>> = {}): Promise<Visit> {
    const url = new URL((await this.discovery())['authorization_endpoint'] ?? '');
    const parameters = {
      response_type: 'code',
      client_id: 'causeway-portal',
      redirect_uri: this.redirectUri,
      scope: 'openid profile email offline_access',
      state: 'the-state',
      nonce: 'the-nonce',
      code_challenge: createHash('sha256').update(this.verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...changed,
    };
    for (const [name, value] of Object.entries(parameters)) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    return this.browser.open(url.href, { stopAt: PORTAL });
  }

  /** What the browser brings back to the portal when this person signs in. */
  async signIn(email: string, changed: Readonly<Record<string, string | undefined>> = {}): Promise<URLSearchParams> {
    const { url } = await this.authorize(changed);
    const visit = await this.browser.open(url, { form: { email }, stopAt: this.redirectUri });
    return new URL(visit.url).searchParams;
  }

  async redeem(code: string, changed: Readonly<Record<string, string>> = {}): Promise<TokenAnswer> {
    return this.token({
      grant_type: 'authorization_code',
      code,
      redirect_uri: this.redirectUri,
      code_verifier: this.verifier,
      ...changed,
    });
  }

  async token(form: Readonly<Record<string, string>>, secret = this.#secret()): Promise<TokenAnswer> {
    const response = await fetch((await this.discovery())['token_endpoint'] ?? '', {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`causeway-portal:${secret}`).toString('base64')}` },
      body: new URLSearchParams(form),
    });
    return { status: response.status, body: (await response.json()) as Record<string, string> };
  }

  async openSignOut(idToken: string | undefined, leadsTo = PORTAL): Promise<Visit> {
    const url = new URL((await this.discovery())['end_session_endpoint'] ?? '');
    url.search = new URLSearchParams({
      id_token_hint: idToken ?? '',
      post_logout_redirect_uri: leadsTo,
      state: 'bye',
    }).toString();
    return this.browser.open(url.href);
  }

  /** Signs out, and presses the button that confirms it. */
  async signOut(idToken: string | undefined): Promise<Visit> {
    const { page } = await this.openSignOut(idToken);
    const [, action = ''] = /action="([^"]+)"/.exec(page?.text ?? '') ?? [];
    const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(page?.text ?? '') ?? [];
    return this.browser.open(action, { form: { xsrf, logout: 'yes' }, stopAt: PORTAL });
  }

  #secret(): string {
    return readFileSync(this.#providers.clientSecretFiles[this.#idp], 'utf8').trim();
  }
}

export interface TokenAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, string>>;
}
