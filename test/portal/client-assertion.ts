import { randomUUID } from 'node:crypto';
import { importJWK, type JWTPayload, SignJWT } from 'jose';
import type { PortalWorld } from './portal-world.ts';

export interface AssertionChanges {
  readonly claims?: JWTPayload;
  readonly header?: Readonly<Record<string, string>>;
}

/** How a client with keys proves itself (RFC 7523 §2.2); with changes, how it does not. */
export async function clientAssertion(
  { url, mcpKey }: Pick<PortalWorld, 'url' | 'mcpKey'>,
  id: string,
  { claims = {}, header = {} }: AssertionChanges = {},
): Promise<Record<string, string>> {
  const now = Math.floor(Date.now() / 1000);
  const own = { iss: id, sub: id, aud: url, jti: randomUUID(), iat: now, exp: now + 60 };
  const assertion = await new SignJWT({ ...own, ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'mcp', ...header })
    .sign(await importJWK(mcpKey, 'ES256'));
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  };
}
