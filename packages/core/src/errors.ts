/** How one error code looks on each transport. `undefined` means that the code never appears there. */
export interface ErrorShape {
  readonly http: number | undefined;
  /** On MCP: a failed tool result. Without it HTTP has to tell. */
  readonly mcp: 'isError' | undefined;
  readonly oauth: string | undefined;
  readonly retryable: boolean;
  readonly publicMessage: string;
}

const final = (publicMessage: string) => ({ retryable: false, publicMessage });
const retryable = (publicMessage: string) => ({ retryable: true, publicMessage });

/** The one error table. A test pins it: a change here is a change of the outside contract. */
export const ERRORS = {
  invalid_request: { http: 400, mcp: 'isError', oauth: 'invalid_request', ...final('The request is not valid.') },
  invalid_token: { http: 401, mcp: undefined, oauth: undefined, ...final('The access token is missing or not valid.') },
  insufficient_scope: {
    http: 403,
    mcp: undefined,
    oauth: 'invalid_scope',
    ...final('The access token lacks a scope for this.'),
  },
  access_denied: { http: 403, mcp: 'isError', oauth: 'access_denied', ...final('You may not do this.') },
  not_found: { http: 404, mcp: 'isError', oauth: undefined, ...final('There is nothing here by that name.') },
  rate_limited: {
    http: 429,
    mcp: 'isError',
    oauth: 'temporarily_unavailable',
    ...retryable('Too many requests. Try again later.'),
  },
  exchange_denied: {
    http: 502,
    mcp: 'isError',
    oauth: 'access_denied',
    ...final('The data platform does not accept this principal.'),
  },
  upstream_rejected: {
    http: 422,
    mcp: 'isError',
    oauth: 'invalid_request',
    ...final('The other system rejected the request.'),
  },
  upstream_unavailable: {
    http: 503,
    mcp: 'isError',
    oauth: 'temporarily_unavailable',
    ...retryable('A system behind this one is down.'),
  },
  upstream_timeout: {
    http: 504,
    mcp: 'isError',
    oauth: 'temporarily_unavailable',
    ...retryable('A system behind this one is too slow.'),
  },
  audit_unavailable: {
    http: 503,
    mcp: 'isError',
    oauth: 'temporarily_unavailable',
    ...retryable('The audit record cannot be written.'),
  },
  internal: {
    http: 500,
    mcp: 'isError',
    oauth: 'server_error',
    ...final('Something went wrong here. Quote the request id.'),
  },
  config_invalid: { http: undefined, mcp: undefined, oauth: undefined, ...final('The configuration is not valid.') },
} as const satisfies Record<string, ErrorShape>;

export type ErrorCode = keyof typeof ERRORS;

/** The exit code of a process whose configuration is wrong (sysexits EX_CONFIG). */
export const EXIT_CONFIG = 78;
