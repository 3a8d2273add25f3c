import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Refusal, RefusalRecorder } from '@causeway/audit';
import { AppError, toAppError } from '@causeway/core';
import {
  HttpRefusal,
  outcomeOf,
  readBody,
  type RequestContext,
  requestContext,
  SPAN,
  withLeafSpan,
} from '@causeway/runtime';
import type { RequestHandler } from 'express';
import { refusalOutcome } from '../call/call-event.ts';
import { isChallenge } from '../call/create-tool-host.ts';
import type { Mcp } from '../mcp/create-mcp.ts';
import type { McpReply } from '../mcp/mcp-reply.ts';
import type { McpRequest } from '../mcp/tool-host.ts';
import type { Authenticate, Proven } from './authenticate.ts';

export interface McpEndpoint {
  readonly mcp: Mcp;
  readonly authenticate: Authenticate;
  /** Origins of browsers that may call; a request without an Origin comes from no browser. */
  readonly origins: readonly string[];
  readonly refusals: Pick<RefusalRecorder, 'record'>;
  /** Of the policy that is in force: every event says which one it was. */
  readonly policyDigest: () => string;
}

/** `POST /mcp`. What is refused here has not reached a tool, and is recorded here. */
export function serveMcp(endpoint: McpEndpoint): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const context = requestContext(response);
    try {
      assertOwnOrigin(request, endpoint.origins);
      assertNoTokenInUrl(request);
    } catch (error) {
      throw await recorded(endpoint, context, error);
    }
    const startedAt = performance.now();
    const proven = await withLeafSpan(SPAN.auth, {}, () => endpoint.authenticate(request)).catch(
      async (error: unknown) => {
        throw await recorded(endpoint, context, error);
      },
    );
    const auth = `auth;dur=${(performance.now() - startedAt).toFixed(3)}`;
    await answer(endpoint, { request, response, context, proven, auth });
  };
}

/** Everything but POST: there is no stream to open and no session to end. */
export const refuseMethod: RequestHandler = (_request, response) => {
  const error = { code: -32000, message: 'Method not allowed.' };
  response.status(405).set('Allow', 'POST').json({ jsonrpc: '2.0', error, id: null });
};

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly context: RequestContext;
  readonly proven: Proven;
  readonly auth: string;
}

async function answer(endpoint: McpEndpoint, { request, response, context, proven, auth }: Exchange): Promise<void> {
  context.caller = proven.caller;
  const asked: McpRequest = { ...proven, requestId: context.requestId };
  const body = await readBody(request).catch(async (error: unknown) => {
    throw await recorded(endpoint, context, error);
  });
  const left = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) left.abort();
  });
  const reply = await endpoint.mcp.handle({ headers: request.headers, body, request: asked, signal: left.signal });
  context.tool = asked.tool;
  if (reply === undefined) {
    response.destroy();
    return;
  }
  for (const { code } of reply.errors) {
    // The number alone: the text may quote what the caller sent.
    const error = await recorded(endpoint, context, new AppError('invalid_request', `JSON-RPC ${code}`));
    if (error.code === 'audit_unavailable') throw error;
    context.error = error;
  }
  if (asked.failure !== undefined) {
    if (isChallenge(asked.failure)) throw asked.failure;
    context.error = asked.failure;
    context.outcome = outcomeOf(asked.failure.code);
  }
  send(response, reply, asked.timing === undefined ? auth : `${auth}, ${asked.timing}`);
}

function send(response: ServerResponse, { status, body, headers }: McpReply, timing: string): void {
  response.setHeader('Server-Timing', timing);
  if (body === undefined) {
    response.writeHead(status, headers);
    response.end();
    return;
  }
  const bytes = Buffer.from(body);
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': bytes.length, ...headers });
  response.end(bytes);
}

/** MCP Streamable HTTP: an Origin that is not ours is 403, against DNS rebinding and pages that call with a user's network. */
function assertOwnOrigin({ headers }: IncomingMessage, origins: readonly string[]): void {
  const { origin } = headers;
  if (origin !== undefined && !origins.includes(origin)) throw new AppError('access_denied', 'a foreign Origin');
}

/** RFC 6750 §2.3: a token in a URL ends up in logs and histories. */
function assertNoTokenInUrl({ url = '' }: IncomingMessage): void {
  const at = url.indexOf('?');
  if (at >= 0 && new URLSearchParams(url.slice(at)).has('access_token'))
    throw new HttpRefusal(400, 'a token in the URL');
}

/** The refusal, once it is written down; or that it could not be. */
async function recorded(
  { refusals, policyDigest }: McpEndpoint,
  context: RequestContext,
  thrown: unknown,
): Promise<AppError> {
  const error = toAppError(thrown);
  const { requestId, caller, clientAddress } = context;
  const outcome = refusalOutcome(error);
  const refusal: Refusal = { kind: 'request_refused', requestId, caller, outcome, policyDigest: policyDigest() };
  try {
    await refusals.record(clientAddress, refusal);
    return error;
  } catch (unrecorded) {
    return toAppError(unrecorded);
  }
}
