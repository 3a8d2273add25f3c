import type { Secret } from '@causeway/core';
import type { Dependency } from '@causeway/runtime';
import type { ScopedTokens } from '../http/workspace-client.ts';
import { requestToken } from './request-token.ts';
import { TokenCache } from './token-cache.ts';
import type { TokenEndpoint } from './token-endpoint.ts';

export interface MachineTokensOptions {
  readonly dependency: Dependency;
  readonly endpoint: Pick<TokenEndpoint, 'url'>;
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly now?: () => number;
}

/** Tokens of a machine's own service principal, by its secret: for the audit worker, and for no caller's session. */
export function createMachineTokens(options: MachineTokensOptions): ScopedTokens {
  const { dependency, endpoint, clientId, clientSecret, now = Date.now } = options;
  const cache = new TokenCache(now);
  const request = async (scope: string) =>
    requestToken({
      dependency,
      tokenEndpoint: await endpoint.url(),
      now,
      headers: { authorization: `Basic ${basic(clientId, clientSecret.reveal())}` },
      form: { grant_type: 'client_credentials', scope },
    });
  return {
    token: (scope, signal) => cache.get([clientId, scope], () => request(scope), signal),
    discard: (scope, token) => cache.discard([clientId, scope], token),
  };
}

/** RFC 6749 §2.3.1: both parts are form-encoded before they are joined. */
function basic(id: string, secret: string): string {
  const encode = (text: string) => new URLSearchParams([['', text]]).toString().slice(1);
  return Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64');
}
