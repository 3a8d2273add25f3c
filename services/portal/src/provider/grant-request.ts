import type { TokenEndpointGrantContext } from 'oidc-provider';
import { AppError } from '@causeway/core';
import type { GrantRequest, ProvenClient } from '../grants/grant.ts';
import { attemptOf } from './attempt-of.ts';

/** What a grant sees of the request: nothing of the library, of the headers, or of the credentials. */
export function grantRequest(ctx: TokenEndpointGrantContext): GrantRequest {
  const attempt = attemptOf(ctx.res);
  if (attempt === undefined) throw new AppError('internal', 'a token request that did not come through the endpoint');
  return { client: provenClient(ctx), parameters: ctx.oidc.params as GrantRequest['parameters'], attempt };
}

function provenClient({ oidc }: TokenEndpointGrantContext): ProvenClient {
  const { clientId, clientAuthMethod } = oidc.client;
  const method = METHODS[clientAuthMethod ?? ''];
  if (method === undefined) throw new AppError('internal', `a client that authenticates by ${clientAuthMethod}`);
  return { id: clientId, isConfidential: method !== 'none', method };
}

const METHODS: Readonly<Record<string, ProvenClient['method']>> = {
  none: 'none',
  client_secret_basic: 'client_secret',
  client_secret_post: 'client_secret',
  private_key_jwt: 'private_key_jwt',
};
