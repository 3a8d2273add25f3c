import { AppError } from '@causeway/core';
import { checkUrl } from './check-url.ts';
import type { Dependency } from './dependency.ts';
import { METHODS, type OutboundCall } from './outbound-call.ts';

/** `fetch` under the rules of a dependency, for the libraries that take one: jose, openid-client, oidc-provider. */
export function createFetch(dependency: Dependency, limits: FetchLimits = {}): typeof fetch {
  return async (input, init) => {
    // Before Request sees it, whose own error quotes the credentials of a URL.
    const url = checkUrl(dependency.name, input instanceof Request ? input.url : input);
    const request = new Request(input, init);
    const method = METHODS.find((known) => known === request.method);
    if (method === undefined) throw new AppError('internal', `${dependency.name}: unknown method`);
    const response = await dependency.request({
      ...limits,
      url,
      method,
      headers: Object.fromEntries(request.headers),
      signal: request.signal,
      ...(request.body !== null && { body: await request.bytes() }),
    });
    const { status, headers, body } = response;
    return new Response(WITHOUT_BODY.has(status) ? null : Buffer.from(body), { status, headers });
  };
}

export type FetchLimits = Pick<OutboundCall, 'bodyMaxBytes' | 'deadlineMs'>;

// Response refuses a body for these, even an empty one.
const WITHOUT_BODY = new Set([204, 205, 304]);
