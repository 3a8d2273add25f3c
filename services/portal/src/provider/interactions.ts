import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError } from '@causeway/core';
import { errors, type Provider } from 'oidc-provider';
import { OAuthRefusal } from '../attempt/oauth-refusal.ts';
import { createGrant, type WantedScopes } from './browser-hooks.ts';

/** An authorization that waits for a person. */
export interface PendingAuthorization {
  readonly uid: string;
  readonly prompt: 'login' | 'consent';
  readonly clientId: string;
  readonly clientName: string;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly accountId: string | undefined;
  readonly begunAt: number;
  /** The client wants a fresh sign-in. */
  readonly isFreshWanted: boolean;
}

interface Consented extends WantedScopes {
  readonly accountId: string;
  readonly clientId: string;
  readonly resource: string;
}

export interface Interactions {
  /** Of the browser that began it, and of no other: the library compares a signed cookie. */
  find(request: IncomingMessage, response: ServerResponse): Promise<PendingAuthorization>;
  finishLogin(request: IncomingMessage, response: ServerResponse, accountId: string): Promise<void>;
  /** Answers with the id of the grant. */
  grant(consented: Consented): Promise<string>;
  finishConsent(request: IncomingMessage, response: ServerResponse, grantId: string): Promise<void>;
  refuse(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

export function interactionsOf(provider: Provider): Interactions {
  return {
    find: async (request, response) => {
      const { uid, prompt, params, session, iat } = await details(provider, request, response);
      const clientId = String(params['client_id']);
      const client = await provider.Client.find(clientId);
      if (prompt.name !== 'login' && prompt.name !== 'consent') throw new AppError('internal', `prompt ${prompt.name}`);
      return {
        uid,
        prompt: prompt.name,
        clientId,
        clientName: client?.clientName ?? clientId,
        redirectUri: String(params['redirect_uri']),
        scopes: words(params['scope']),
        accountId: session?.accountId,
        begunAt: iat * 1000,
        isFreshWanted: words(params['prompt']).includes('login'),
      };
    },
    finishLogin: (request, response, accountId) =>
      provider.interactionFinished(request, response, { login: { accountId } }, { mergeWithLastSubmission: false }),
    grant: (consented) => createGrant(provider, consented).save(),
    finishConsent: (request, response, grantId) =>
      provider.interactionFinished(request, response, { consent: { grantId } }, { mergeWithLastSubmission: true }),
    refuse: (request, response) =>
      provider.interactionFinished(
        request,
        response,
        { error: 'access_denied', error_description: 'The person did not agree.' },
        { mergeWithLastSubmission: false },
      ),
  };
}

async function details(provider: Provider, request: IncomingMessage, response: ServerResponse) {
  try {
    return await provider.interactionDetails(request, response);
  } catch (error) {
    if (!(error instanceof errors.OIDCProviderError)) throw error;
    throw new OAuthRefusal('invalid_request', 'no such interaction in this browser', { denied: true, cause: error });
  }
}

const words = (text: unknown): string[] =>
  typeof text === 'string' ? text.split(' ').filter((word) => word !== '') : [];
