import { tokenError } from '@causeway/auth';
import type { Caller } from '@causeway/core';
import { standingOf } from '@causeway/policy';
import { OAuthRefusal, refuseToken } from '../attempt/oauth-refusal.ts';
import type { Identity } from '../identity/identity.ts';
import type { GrantRequest } from './grant.ts';
import { optionalParameter, requiredParameter } from './parameters.ts';
import { ACCESS_TOKEN_TYPE, JWT_TYPE } from './token-types.ts';

/** The one client that speaks for callers to the data platform. */
const PLATFORM_CLIENT = 'causeway-mcp';

export interface PlatformAssertionDeps {
  readonly identity: Identity;
  /** The workspace's token endpoint, beside the one of the policy's workspace. */
  readonly platformTokenEndpoint: string | undefined;
}

/** Every request of that client: it has no other business here. */
export const isPlatformRequest = ({ client }: GrantRequest): boolean => client.id === PLATFORM_CLIENT;

/** A principal token that the MCP service was given becomes the portal's word to the data platform (RFC 7523 §3). */
export async function exchangeForAssertion(deps: PlatformAssertionDeps, request: GrantRequest) {
  const { identity } = deps;
  const { parameters, client, attempt } = request;
  if (client.method !== 'private_key_jwt') throw new OAuthRefusal('unauthorized_client', 'not by private_key_jwt');
  refuseIgnored(request);
  const audience = checkAudience(deps, request);
  const caller = await provePrincipal(identity, requiredParameter(parameters, 'subject_token'));
  attempt.caller = caller;
  const standing = standingOf(identity.document, caller);
  if (!standing.ok) throw refuseToken(standing.reason);
  const issued = await identity.signAssertion(caller, audience);
  Object.assign(attempt.details, { audience, token_id: issued.tokenId });
  return {
    access_token: issued.token,
    issued_token_type: JWT_TYPE,
    // RFC 8693 §2.2.1: it is no access token, so nobody presents it as a bearer token here.
    token_type: 'N_A',
    expires_in: issued.lifetimeSeconds,
  };
}

/** RFC 8693 §2.1: what would be asked for and not given. The assertion names the principal, whoever acts and whatever the scope. */
function refuseIgnored({ parameters }: GrantRequest): void {
  const type = optionalParameter(parameters, 'requested_token_type');
  const ignored = ['actor_token', 'actor_token_type', 'scope'].filter((name) => parameters[name] !== undefined);
  if (ignored.length > 0 || (type !== undefined && type !== JWT_TYPE)) {
    throw new OAuthRefusal('invalid_request', 'more than an assertion is asked for');
  }
}

function checkAudience(
  { identity, platformTokenEndpoint }: PlatformAssertionDeps,
  { parameters }: GrantRequest,
): string {
  const { resource, audience } = parameters;
  const type = optionalParameter(parameters, 'subject_token_type');
  if (type !== ACCESS_TOKEN_TYPE && type !== JWT_TYPE) {
    throw new OAuthRefusal('invalid_request', 'the subject token type is not accepted');
  }
  const { workspace } = identity.document.policy;
  const accepted = [platformTokenEndpoint, workspace && `${workspace.issuer.replace(/\/$/, '')}/v1/token`];
  if (typeof audience !== 'string' || resource !== undefined || !accepted.includes(audience)) {
    throw new OAuthRefusal('invalid_target', 'the audience is not the workspace’s token endpoint');
  }
  return audience;
}

async function provePrincipal({ principalTokens }: Identity, token: string): Promise<Caller> {
  const result = await principalTokens.verify(token);
  if (!result.ok) throw refuseToken(tokenError('subject_token', result).message);
  return result.caller;
}
