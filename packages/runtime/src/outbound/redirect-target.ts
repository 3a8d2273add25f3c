import { AppError } from '@causeway/core';
import { checkUrl } from './check-url.ts';
import type { OutboundCall, OutboundResponse } from './outbound-call.ts';

export interface RedirectOptions {
  readonly name: string;
  readonly call: OutboundCall;
  readonly url: URL;
  readonly response: OutboundResponse;
  readonly hops: number;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const MAX_HOPS = 3;

/** Where the answer sends us: undefined when nowhere, a refusal when the call does not allow to go there. */
export function redirectTarget(options: RedirectOptions): URL | undefined {
  const { name, url, response, hops } = options;
  if (!REDIRECTS.has(response.status)) return undefined;
  if (!mayFollow(options.call)) throw new AppError('upstream_rejected', `${name}: answered with a redirect`);
  if (hops >= MAX_HOPS) throw new AppError('upstream_rejected', `${name}: more than ${MAX_HOPS} redirects`);
  const location = response.headers['location'];
  const target = location === undefined ? null : URL.parse(location, url.href);
  if (target?.origin !== url.origin) throw new AppError('upstream_rejected', `${name}: redirects to another origin`);
  return checkUrl(name, target);
}

// Sending a body again elsewhere, or a POST turned into a GET, is nothing that a client should do by itself.
function mayFollow({ redirects, method = 'GET' }: OutboundCall): boolean {
  return redirects === 'same-origin' && (method === 'GET' || method === 'HEAD');
}
