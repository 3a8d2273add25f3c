import { type AppError, toAppError } from '@causeway/core';
import { errors } from 'oidc-provider';
import { isOAuthError, OAuthRefusal } from '../attempt/oauth-refusal.ts';

/** What the authorization server or a grant threw, as a refusal of ours: its words become the reason, and stay inside. */
export function refusalOf(thrown: unknown): AppError {
  if (!(thrown instanceof errors.OIDCProviderError) || thrown.statusCode >= 500) return toAppError(thrown);
  const { error, error_description: description, error_detail: detail } = thrown;
  const reason = [description, detail].filter((part) => part !== undefined).join(': ') || error;
  const wire = error === 'invalid_client_metadata' ? 'invalid_client' : error;
  const options = { cause: thrown, denied: wire === 'invalid_client' || wire === 'invalid_grant' };
  return new OAuthRefusal(isOAuthError(wire) ? wire : 'invalid_request', reason, options);
}
