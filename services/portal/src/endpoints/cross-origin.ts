import type { RequestHandler } from 'express';

/** What MCP clients and OAuth libraries send along. */
const REQUEST_HEADERS = 'authorization, content-type, mcp-protocol-version, x-request-id';
const RESPONSE_HEADERS = 'www-authenticate, retry-after, x-request-id';
const PREFLIGHT_SECONDS = '3600';

/**
 * For clients that run as a script in a browser. Any origin may ask, because nothing here goes by a cookie: without
 * `access-control-allow-credentials` a browser sends none. Pages, and what only servers ask, have no such headers.
 */
export function crossOrigin(method: 'GET' | 'POST'): RequestHandler {
  return (request, response, next) => {
    response.set({ 'access-control-allow-origin': '*', 'access-control-expose-headers': RESPONSE_HEADERS });
    if (request.method !== 'OPTIONS') return next();
    response.set({
      'access-control-allow-methods': method,
      'access-control-allow-headers': REQUEST_HEADERS,
      'access-control-max-age': PREFLIGHT_SECONDS,
    });
    response.status(204).end();
  };
}
