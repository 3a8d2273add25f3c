import type { RequestCheck } from './request-check.ts';

/** Defaults for an API: nothing may be framed, sniffed, cached or loaded. A page sets its own policy over them. */
export function securityHeaders(isHttps: boolean): RequestCheck {
  // A Map, because to walk through `Headers` takes Node longer than to set all of them.
  const headers = new Map([
    ['cache-control', 'no-store'],
    ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
    ['cross-origin-resource-policy', 'same-origin'],
    ['referrer-policy', 'no-referrer'],
    ['x-content-type-options', 'nosniff'],
    ['x-frame-options', 'DENY'],
  ]);
  // RFC 6797 §7.2: not over plain http.
  if (isHttps) headers.set('strict-transport-security', 'max-age=31536000; includeSubDomains');
  return (_request, response) => void response.setHeaders(headers);
}
