import { isLoopbackHost } from '@causeway/runtime';
import { z } from 'zod';
import { INTROSPECT_GRANT, REVOKE_GRANT } from '../grants/own-grants.ts';
import { applicationType, type RegisteredClient } from './policy-clients.ts';

const uri = z.string().max(2000);

/** What a client says of itself, in a registration (RFC 7591 §2) or in a metadata document. Unknown members are let pass. */
export const clientDescription = z.object({
  client_name: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .regex(/^[^\p{Cc}\p{Cf}]*$/u)
    .optional(),
  redirect_uris: z.array(uri).min(1).max(20),
  token_endpoint_auth_method: z.string().optional(),
  grant_types: z.array(z.string()).optional(),
  response_types: z.array(z.string()).optional(),
});

export type ClientDescription = z.infer<typeof clientDescription>;

/** OAuth 2.1 §2.3.1, RFC 8252 §7: https, or this machine; no fragment, no credentials. */
export function redirectProblem(redirect: string): string | undefined {
  const url = URL.parse(redirect);
  if (url === null) return 'is not an address';
  if (redirect.includes('#')) return 'has a fragment';
  if (url.username !== '' || url.password !== '') return 'holds credentials';
  // It comes into the page's Content-Security-Policy, where a semicolon begins another directive.
  if (!/^(?:[\w.-]+|\[[\da-f:]+\])$/.test(url.hostname)) return 'has no plain host name';
  if (url.protocol === 'https:') return undefined;
  if (url.protocol === 'http:' && isLoopbackHost(url.hostname)) return undefined;
  return 'is neither https nor on the person’s own machine';
}

/** For sign-in by people, and for nothing else: what described itself gets no other grant. */
export function describedClient(
  id: string,
  { client_name: name, redirect_uris: redirects }: ClientDescription,
  proof: Pick<RegisteredClient, 'token_endpoint_auth_method' | 'client_secret'>,
): RegisteredClient {
  return {
    client_id: id,
    client_name: name ?? id,
    ...proof,
    grant_types: ['authorization_code', 'refresh_token', REVOKE_GRANT, INTROSPECT_GRANT],
    response_types: ['code'],
    redirect_uris: redirects,
    application_type: applicationType(redirects),
  };
}
