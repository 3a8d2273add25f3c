import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { SigningKey } from '../keys/signing-keys.ts';

/** The portal signs with this alone. */
export const PORTAL_ALGORITHM = 'ES256';

/** What signs for the portal now; asked anew for every token, because keys rotate. */
export interface SigningKeySource {
  readonly current: SigningKey;
}

export interface PortalJwt {
  readonly typ: string;
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
  readonly nowMs: number;
  readonly lifetimeSeconds: number;
  readonly claims?: Readonly<Record<string, unknown>>;
}

export interface IssuedToken {
  readonly token: string;
  readonly tokenId: string;
  readonly expiresAt: Date;
  readonly lifetimeSeconds: number;
}

/** Every token of the portal is made here: one audience, one algorithm, a `jti` of its own. */
export async function signPortalJwt(keys: SigningKeySource, jwt: PortalJwt): Promise<IssuedToken> {
  const { kid, privateKey } = keys.current;
  const tokenId = randomUUID();
  const iat = Math.floor(jwt.nowMs / 1000);
  const exp = iat + jwt.lifetimeSeconds;
  const registered = { iss: jwt.issuer, sub: jwt.subject, aud: jwt.audience, iat, exp, jti: tokenId };
  const token = await new SignJWT({ ...jwt.claims, ...registered })
    .setProtectedHeader({ alg: PORTAL_ALGORITHM, typ: jwt.typ, kid })
    .sign(privateKey);
  return { token, tokenId, expiresAt: new Date(exp * 1000), lifetimeSeconds: jwt.lifetimeSeconds };
}
