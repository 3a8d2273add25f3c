import { AppError, type Secret } from '@causeway/core';
import type { Dependency, OutboundCall, OutboundResponse, ReadFailure } from '@causeway/runtime';
import type { WorkspaceCall, WorkspaceCalls } from '../workspace-call.ts';
import { readError } from './read-error.ts';
import { isQuota, refusalOf } from './refusal-of.ts';

/** A token for a scope, as one caller. */
export interface ScopedTokens {
  token(scope: string, signal?: AbortSignal): Promise<Secret>;
  /** The workspace does not take this one any more. */
  discard(scope: string, token: Secret): void;
}

export interface WorkspaceClient {
  readonly dependency: Dependency;
  /** Origin of the workspace. */
  readonly host: string;
  /** For a host that is that of several. */
  readonly workspaceId?: string | undefined;
}

/** The REST API of the workspace, as one caller. */
export function createWorkspaceCalls(client: WorkspaceClient, tokens: ScopedTokens): WorkspaceCalls {
  const { dependency } = client;
  const { name } = dependency;
  const refuse = (response: OutboundResponse) =>
    refusalOf(name, response.status, readError(response.status, response.body));

  const send = async (call: WorkspaceCall): Promise<{ response: OutboundResponse; token: Secret }> => {
    const token = await tokens.token(call.scope, call.signal);
    return { token, response: await dependency.request(outboundCall({ ...client, token }, call)) };
  };

  return {
    async json(call) {
      const first = await send(call);
      // Nothing was done for a token that is over: that is known before anything else, and asking again is safe for any call.
      if (first.response.status === 401) tokens.discard(call.scope, first.token);
      const { response } = first.response.status === 401 ? await send(call) : first;
      if (response.status < 200 || response.status > 299) throw refuse(response);
      return parseBody(name, response);
    },
    raw: async (call) => (await send(call)).response,
    refusalOf: refuse,
  };
}

interface Sender extends WorkspaceClient {
  readonly token: Secret;
}

function outboundCall(sender: Sender, { path, body, ...call }: WorkspaceCall): OutboundCall {
  const { dependency, host, workspaceId, token } = sender;
  return {
    ...call,
    // A path alone: with `//` in front, or a scheme, it would be another host.
    url: new URL(`${host}${/^\/(?!\/)/.test(path) ? path : `/${path}`}`),
    headers: {
      accept: 'application/json',
      'user-agent': 'causeway',
      ...call.headers,
      authorization: `Bearer ${token.reveal()}`,
      ...(workspaceId !== undefined && { 'x-databricks-workspace-id': workspaceId }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    readFailure: ({ status, body: answered }, retryAfterMs) =>
      readFailure(dependency.name, status, { answered, retryAfterMs, call }),
  };
}

interface Failed {
  readonly answered: Uint8Array;
  /** Of the header, which says more than the body. */
  readonly retryAfterMs: number | undefined;
  readonly call: Pick<OutboundCall, 'tooManyRequests'>;
}

/** A throttle is worth waiting for, a used-up quota is not. */
function readFailure(name: string, status: number, { answered, retryAfterMs, call }: Failed): ReadFailure {
  const error = { ...readError(status, answered), ...(retryAfterMs !== undefined && { retryAfterMs }) };
  const isFinal = isQuota(error) || (status === 429 && call.tooManyRequests === 'final');
  return { error: refusalOf(name, status, error), repeat: WORTH_REPEATING.has(status) && !isFinal };
}

const WORTH_REPEATING = new Set([429, 500, 502, 503, 504]);

function parseBody(name: string, { body }: OutboundResponse): unknown {
  // Cancelling answers with nothing at all.
  if (body.length === 0) return {};
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    // The parser's own message quotes the text.
    throw new AppError('upstream_unavailable', `${name}: the answer is not JSON`);
  }
}
