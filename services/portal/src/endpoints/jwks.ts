import type { SigningKeys } from '@causeway/auth';
import type { RequestHandler } from 'express';

/** The public keys: those that sign, those whose tokens live on, and the next one. */
export function jwksEndpoint(keys: Pick<SigningKeys, 'publicJwks'>): RequestHandler {
  return (_request, response) => {
    // RFC 7517 §8.5.1. A key is published for longer than this before it signs.
    response.set({ 'cache-control': 'public, max-age=5', 'content-type': 'application/jwk-set+json' });
    response.send(JSON.stringify(keys.publicJwks));
  };
}
