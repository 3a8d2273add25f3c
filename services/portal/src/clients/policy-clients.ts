import { AppError } from '@causeway/core';
import { isLoopbackHost } from '@causeway/runtime';
import { type PolicyDocument, resolvePolicyFile } from '@causeway/policy';
import { z } from 'zod';
import { INTROSPECT_GRANT, REVOKE_GRANT } from '../grants/own-grants.ts';
import { JWT_BEARER, TOKEN_EXCHANGE } from '../grants/token-types.ts';
import type { ClientFiles } from './client-files.ts';

/** A client as the authorization server knows it (RFC 7591 §2). */
export interface RegisteredClient {
  readonly client_id: string;
  readonly client_name?: string | undefined;
  readonly token_endpoint_auth_method: 'none' | 'client_secret_basic' | 'private_key_jwt';
  readonly client_secret?: string | undefined;
  readonly jwks?: { readonly keys: readonly Record<string, unknown>[] } | undefined;
  readonly grant_types: readonly string[];
  readonly response_types: readonly 'code'[];
  readonly redirect_uris: readonly string[];
  readonly application_type: 'web' | 'native';
}

export type FindClient = (id: string) => Promise<RegisteredClient | undefined>;

type PolicyClient = PolicyDocument['policy']['clients'][string];

const METHODS = { none: 'none', secret: 'client_secret_basic', private_key_jwt: 'private_key_jwt' } as const;

const GRANT_TYPES: Readonly<Record<PolicyClient['grants'][number], readonly string[]>> = {
  token_exchange: [TOKEN_EXCHANGE],
  authorization_code: ['authorization_code', 'refresh_token'],
  client_credentials: ['client_credentials'],
  jwt_bearer: [JWT_BEARER],
};

/** The clients of the current policy: an edit of it counts from the next request on. */
export function findPolicyClient(document: () => PolicyDocument, files: ClientFiles): FindClient {
  return async (id) => {
    const current = document();
    const { clients } = current.policy;
    const client = Object.hasOwn(clients, id) ? clients[id] : undefined;
    return client && registeredClient(current, files, { id, client });
  };
}

async function registeredClient(
  document: PolicyDocument,
  files: ClientFiles,
  { id, client }: { id: string; client: PolicyClient },
): Promise<RegisteredClient> {
  const { name, auth, grants, redirects, secretFile, jwksFile } = client;
  const read = (file: string) => readClientFile(files, { id, path: resolvePolicyFile(document, file) });
  return {
    client_id: id,
    client_name: name ?? id,
    token_endpoint_auth_method: METHODS[auth],
    ...(secretFile !== undefined && { client_secret: await read(secretFile) }),
    ...(jwksFile !== undefined && { jwks: parseKeys(id, await read(jwksFile)) }),
    grant_types: [...grants.flatMap((grant) => GRANT_TYPES[grant]), REVOKE_GRANT, INTROSPECT_GRANT],
    response_types: grants.includes('authorization_code') ? ['code'] : [],
    redirect_uris: redirects,
    application_type: applicationType(redirects),
  };
}

/** RFC 8252 §7: what is sent back to a loopback address or to a scheme of its own runs on the person's machine. */
export function applicationType(redirects: readonly string[]): 'web' | 'native' {
  const isWeb = redirects.every((redirect) => {
    const { protocol, hostname } = new URL(redirect);
    return protocol === 'https:' && !isLoopbackHost(hostname);
  });
  return isWeb ? 'web' : 'native';
}

async function readClientFile(files: ClientFiles, { id, path }: { id: string; path: string }): Promise<string> {
  try {
    const text = await files.read(path);
    if (text !== '') return text;
  } catch {
    // Its text would name the path, which says nothing that the policy does not say.
  }
  // Nobody can prove to be this client: for everybody outside it is a fault of ours, and no way in.
  throw new AppError('internal', `the file with the proof of the client "${id}" cannot be read, or is empty`);
}

const keySet = z.object({
  keys: z
    .array(z.looseObject({ kty: z.enum(['EC', 'RSA', 'OKP']) }))
    .min(1)
    .max(20),
});

function parseKeys(id: string, text: string): { keys: Record<string, unknown>[] } {
  try {
    const { keys } = keySet.parse(JSON.parse(text));
    // A private part that strayed into the file is left behind here.
    return { keys: keys.map(({ d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...key }) => key) };
  } catch {
    throw new AppError('internal', `the keys of the client "${id}" are no JSON Web Key Set`);
  }
}
