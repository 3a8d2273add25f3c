import type { Secret } from '@causeway/core';
import { type Browser } from './browser/browser.ts';
import { createCookieJar } from './browser/cookies.ts';
import { createSealer } from './browser/sealer.ts';
import { Sessions } from './browser/sessions.ts';
import type { Identity } from './identity/identity.ts';
import type { PortalSettings } from './settings.ts';
import { Accounts } from './sign-in/accounts.ts';
import { PartnerClients } from './sign-in/partner-clients.ts';
import { SignIn } from './sign-in/sign-in.ts';
import type { StateStore } from './state/state-store.ts';

export interface SignedInPeopleDeps {
  readonly settings: PortalSettings;
  readonly identity: Identity;
  readonly store: StateStore;
  readonly now: () => number;
}

/** Who signs in by browser, and how they are remembered. */
export type SignedInPeople = Pick<Browser, 'cookies' | 'sealer' | 'sessions' | 'accounts' | 'signIn'> & {
  close(): Promise<void>;
};

/** An account outlives the last refresh token by this. */
const SPARE_MS = 3_600_000;

export function createSignedInPeople({ settings, identity, store, now }: SignedInPeopleDeps): SignedInPeople {
  const { publicUrl, cookieKey, previousCookieKey } = settings;
  const keys: [Secret, ...Secret[]] = previousCookieKey === undefined ? [cookieKey] : [cookieKey, previousCookieKey];
  const [sealer, cookies] = [createSealer(keys), createCookieJar(publicUrl)];
  const lifetimeMs = () => identity.document.policy.lifetimes.refreshAbsoluteSeconds * 1000;
  const clients = new PartnerClients(publicUrl);
  return {
    cookies,
    sealer,
    sessions: new Sessions({ store, cookies, sealer, now, lifetimeMs }),
    accounts: new Accounts({ store, sealer, now, keptMs: () => lifetimeMs() + SPARE_MS }),
    signIn: new SignIn({
      clients,
      store,
      document: () => identity.document,
      providers: identity.providers,
      ownIssuer: identity.issuer,
      now,
    }),
    close: () => clients.close(),
  };
}
