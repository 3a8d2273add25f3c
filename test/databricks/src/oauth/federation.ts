import { createRemoteJWKSet, decodeJwt, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { TokenRefusal } from './token-refusal.ts';

/** A federation policy of one service principal: whose word is taken for it. */
export interface FederationPolicy {
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly subject: string;
}

/** The keys of issuers, found by their discovery documents. */
export class IssuerKeys {
  readonly #known = new Map<string, Promise<JWTVerifyGetKey>>();

  of(issuer: string): Promise<JWTVerifyGetKey> {
    const known = this.#known.get(issuer);
    if (known !== undefined) return known;
    const found = discover(issuer);
    this.#known.set(issuer, found);
    // An issuer that is not there yet may be there the next time.
    found.catch(() => this.#known.delete(issuer));
    return found;
  }
}

async function discover(issuer: string): Promise<JWTVerifyGetKey> {
  const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const { jwks_uri: uri } = (await response.json()) as { jwks_uri: string };
  return createRemoteJWKSet(new URL(uri), { cooldownDuration: 1000 });
}

/** The `exp` of a JWT that one of the policies trusts, for exactly this service principal. */
export async function checkAssertion(
  token: string,
  policies: readonly FederationPolicy[],
  keys: IssuerKeys,
): Promise<number> {
  const policy = policyOf(token, policies);
  try {
    const { payload } = await jwtVerify(token, await keys.of(policy.issuer), {
      issuer: policy.issuer,
      audience: [...policy.audiences],
      algorithms: ['RS256', 'ES256'],
      requiredClaims: ['exp', 'sub', 'aud'],
    });
    if (payload.sub !== policy.subject) {
      throw new TokenRefusal(403, 'access_denied', 'OIDC policy validation failed: the subject does not match.');
    }
    return payload.exp ?? 0;
  } catch (error) {
    throw refusalOf(error);
  }
}

/** The policy of the token's issuer, before anything is believed. */
function policyOf(token: string, policies: readonly FederationPolicy[]): FederationPolicy {
  if (policies.length === 0) {
    throw new TokenRefusal(403, 'access_denied', 'OIDC policy validation failed: there is no federation policy.');
  }
  let issuer: string | undefined;
  try {
    issuer = decodeJwt(token).iss;
  } catch {
    throw new TokenRefusal(400, 'invalid_request', 'The subject_token is no JWT.');
  }
  const policy = policies.find((one) => one.issuer === issuer);
  if (policy === undefined) throw new TokenRefusal(401, 'invalid_grant', 'The issuer of the token is not trusted.');
  return policy;
}

function refusalOf(error: unknown): unknown {
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud') {
    return new TokenRefusal(400, 'invalid_grant', 'The audience of the token does not match.');
  }
  if (error instanceof errors.JWTExpired) return new TokenRefusal(401, 'invalid_grant', 'The token is expired.');
  if (error instanceof errors.JOSEError) return new TokenRefusal(401, 'invalid_grant', 'The token is not valid.');
  return error;
}
