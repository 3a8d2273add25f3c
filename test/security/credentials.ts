import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLIENT, MONA, authorize, redeem, refreshTokenOf } from '@causeway/test-portal/authorize';
import { clientAssertion } from '@causeway/test-portal/client-assertion';
import { ACCESS_TOKEN, TOKEN_EXCHANGE } from '@causeway/test-portal/token-request';
import { decodeJwt, decodeProtectedHeader, importJWK, type JWK, SignJWT } from 'jose';
import type { SecurityWorld } from './security-world.ts';

export const EMAIL = {
  wanda: 'wanda@northwind.example',
  erik: 'erik@northwind.example',
  mona: 'mona@fabrikam.example',
  elena: 'elena@contoso.example',
  ada: 'ada@contoso.example',
  olivia: 'olivia@causeway.example',
} as const;

export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** Every kind of credential that there is, each good at one door. */
export type Kind = keyof Awaited<ReturnType<typeof credentials>>;

export async function credentials(world: SecurityWorld) {
  const { mcp } = world;
  const principal = await mcp.exchange(await mcp.signIn(EMAIL.wanda));
  return {
    subject: await mcp.signIn(EMAIL.wanda),
    principal,
    'principal of another resource': await signedByPortal(world, principal, { aud: 'https://other.example/mcp' }),
    'agent at the portal': await actorToken(world),
    'agent alone': await mcp.agentAlone(),
    'agent for a human': await mcp.agentFor(EMAIL.wanda),
    'platform assertion': await platformAssertion(world, principal),
    'ID-JAG': idJag(world),
    'platform user': await mcp.signIn(EMAIL.olivia),
    'refresh token': await refreshToken(world),
  };
}

/** What the supervisor names itself with when it asks for somebody. */
export function actorToken({ mcp, portalUrl, supervisorSecret }: SecurityWorld): Promise<string> {
  const form = { client_id: 'supervisor', client_secret: supervisorSecret, resource: portalUrl };
  return mcp.askToken({ grant_type: 'client_credentials', ...form });
}

export function idJag({ issuer, portalUrl, mcp }: SecurityWorld): string {
  const claims = { aud: portalUrl, client_id: 'assistant', resource: mcp.url, scope: 'sql', jti: randomUUID() };
  return issuer.token(issuer.claims(claims), { typ: 'oauth-id-jag+jwt' });
}

/** How the MCP service proves itself to the portal. */
export function mcpAssertion({ portalUrl, mcp }: SecurityWorld): Promise<Record<string, string>> {
  const file = mcp.environment['PORTAL_CLIENT_KEY_FILE'] ?? '';
  const mcpKey = JSON.parse(readFileSync(file, 'utf8')) as JWK & { readonly kid: string };
  return clientAssertion({ url: portalUrl, mcpKey }, 'causeway-mcp', { header: { kid: mcpKey.kid } });
}

async function platformAssertion(world: SecurityWorld, principal: string): Promise<string> {
  return world.mcp.askToken({
    grant_type: TOKEN_EXCHANGE,
    ...(await mcpAssertion(world)),
    subject_token: principal,
    subject_token_type: ACCESS_TOKEN,
    audience: `${world.mcp.environment['OBO_ISSUER']}/v1/token`,
  });
}

export const portalOf = ({ portalUrl, mcp }: SecurityWorld) => ({ url: portalUrl, resource: mcp.url });

/** Of mona, by the client `demo-agent-host`. */
export async function refreshToken(world: SecurityWorld): Promise<string> {
  const portal = portalOf(world);
  const { asked, code } = await authorize(portal, MONA, { client_id: CLIENT });
  return refreshTokenOf(await redeem(portal, { code, asked }));
}

/** A token of the portal with other claims, signed by the portal's own key. */
async function signedByPortal({ mcp }: SecurityWorld, token: string, claims: object): Promise<string> {
  const file = join(mcp.environment['PORTAL_KEYS_DIR'] ?? '', 'signing-keys.json');
  const { keys } = JSON.parse(readFileSync(file, 'utf8')) as { keys: { kid: string; jwk: JWK }[] };
  const { kid = '', typ = '' } = decodeProtectedHeader(token);
  const jwk = keys.find((key) => key.kid === kid)?.jwk ?? {};
  return new SignJWT({ ...decodeJwt(token), ...claims })
    .setProtectedHeader({ alg: 'ES256', typ, kid })
    .sign(await importJWK(jwk, 'ES256'));
}
