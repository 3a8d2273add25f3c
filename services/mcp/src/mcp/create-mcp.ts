import type { IncomingHttpHeaders } from 'node:http';
import {
  classifyInboundRequest,
  type InboundModernRoute,
  isJsonContentType,
  isJSONRPCRequest,
  type JSONRPCRequest,
  preloadSchemas,
  UnsupportedProtocolVersionError,
} from '@modelcontextprotocol/server';
import { answerCall } from './answer-call.ts';
import { authInfoOf, createServer, type ServerOptions } from './create-server.ts';
import { legacyProblem } from './legacy-headers.ts';
import { ACCEPTED, errorReply, idOf, type McpReply, replyOf } from './mcp-reply.ts';
import { plainCall } from './plain-call.ts';
import { readMessage } from './read-message.ts';
import { LEGACY, MODERN } from './revisions.ts';
import { headerProblem } from './standard-headers.ts';
import type { McpRequest } from './tool-host.ts';
import { tracedMethod } from './traced-method.ts';
import { legacyWire, modernWire, type Wire } from './wire.ts';

interface McpPost {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly request: McpRequest;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

export interface Mcp {
  /** Undefined when the client went away before there was an answer. */
  handle(post: McpPost): Promise<McpReply | undefined>;
  /** Requests that its servers have under way, by era. */
  readonly inFlight: readonly [modern: number, legacy: number];
}

/** Both eras of the protocol on one endpoint, stateless: one long-lived server for each, and no session. */
export async function createMcp(options: ServerOptions): Promise<Mcp> {
  preloadSchemas();
  const modern = await connect(options, [MODERN], modernWire());
  const legacy = await connect(options, LEGACY, legacyWire());
  return {
    get inFlight() {
      return [modern.inFlight(), legacy.inFlight()] as const;
    },
    handle: (post) => {
      if (!isJsonContentType(post.headers['content-type'])) return Promise.resolve(UNSUPPORTED_MEDIA_TYPE);
      // RFC 9110 §8.4: a hop that unpacks it would read another message than this one does.
      if (post.headers['content-encoding'] !== undefined) return Promise.resolve(UNSUPPORTED_ENCODING);
      const parsed = readMessage(post.body);
      if (parsed === undefined) return Promise.resolve(PARSE_ERROR);
      const { body } = parsed;
      const call = plainCall(post.headers, body);
      if (call !== undefined && options.host.has(call.name)) return answerCall(options, call, post);
      const route = classifyInboundRequest({ httpMethod: 'POST', ...namedHeaders(post.headers), body });
      if (route.kind === 'reject') {
        const { httpStatus, code, message, data } = route;
        return Promise.resolve(
          errorReply(httpStatus, { code, message, ...(data !== undefined && { data }) }, idOf(body)),
        );
      }
      const traced = { ...post, service: options.service };
      if (route.kind === 'modern') return serveModern(modern, route, traced);
      return serveLegacy(legacy, body, { ...traced, initialize: () => connect(options, LEGACY, legacyWire()) });
    },
  };
}

const UNSUPPORTED_MEDIA_TYPE = errorReply(415, {
  code: -32000,
  message: 'Unsupported Media Type: Content-Type must be application/json',
});
const UNSUPPORTED_ENCODING = errorReply(415, {
  code: -32000,
  message: 'Unsupported Media Type: Content-Encoding is not accepted',
});
const PARSE_ERROR = errorReply(400, { code: -32700, message: 'Parse error: Invalid JSON' });

async function connect(options: ServerOptions, versions: readonly string[], wire: Wire): Promise<Wire> {
  await createServer(options, versions).connect(wire);
  return wire;
}

function namedHeaders(headers: IncomingHttpHeaders) {
  const [version, method, name] = [headers['mcp-protocol-version'], headers['mcp-method'], headers['mcp-name']];
  return {
    ...(version !== undefined && { protocolVersionHeader: String(version) }),
    ...(method !== undefined && { mcpMethodHeader: String(method) }),
    ...(name !== undefined && { mcpNameHeader: String(name) }),
  };
}

interface TracedPost extends McpPost {
  /** As spans name it. */
  readonly service: string;
}

async function serveModern(wire: Wire, route: InboundModernRoute, post: TracedPost): Promise<McpReply | undefined> {
  const { message, classification } = route;
  if (classification.revision !== MODERN) {
    const {
      code,
      message: text,
      data,
    } = new UnsupportedProtocolVersionError({
      supported: [MODERN],
      requested: classification.revision ?? 'unknown',
    });
    return errorReply(400, { code, message: text, data }, idOf(message));
  }
  // Never forwarded: a client's `cancelled` on a shared server would end other people's calls.
  if (route.messageKind === 'notification') return ACCEPTED;
  const problem = headerProblem(post.headers, route.message);
  if (problem !== undefined) {
    const text = `Bad Request: the request headers and body disagree: ${problem}`;
    return errorReply(400, { code: -32020, message: text }, route.message.id);
  }
  const authInfo = authInfoOf(post.request);
  // Streamable HTTP 2026-07-28: a client that disconnects has cancelled. Before that revision it has not.
  const response = await tracedMethod(post.service, { message: route.message, request: post.request }, () =>
    wire.dispatch(route.message, { classification, authInfo }, post.signal),
  );
  return response && replyOf([response], { status: STATUS.get(response.error?.code ?? 0) });
}

/** Streamable HTTP 2026-07-28. Our handlers throw none of these, and their errors are answers like any other: 200. */
const STATUS: ReadonlyMap<number, number> = new Map([
  [-32700, 400],
  [-32600, 400],
  [-32601, 404],
  [-32020, 400],
  [-32021, 400],
  [-32022, 400],
]);

interface LegacyPost extends TracedPost {
  /** `initialize` writes the client's identity into its server, so it gets one of its own. */
  readonly initialize: () => Promise<Wire>;
}

async function serveLegacy(shared: Wire, body: unknown, post: LegacyPost): Promise<McpReply | undefined> {
  const messages = (Array.isArray(body) ? body : [body]) as readonly Partial<JSONRPCRequest>[];
  const isFirst = messages.some(({ method, id }) => method === 'initialize' && id !== undefined);
  const refused = legacyProblem(post.headers, { count: messages.length, isFirst });
  if (refused !== undefined) return refused;
  // Notifications and responses are taken and never forwarded.
  const requests = messages.filter((message) => isJSONRPCRequest(message));
  if (requests.length === 0) return ACCEPTED;
  const wire = isFirst ? await post.initialize() : shared;
  const authInfo = authInfoOf(post.request);
  const responses = await Promise.all(
    requests.map((message) =>
      tracedMethod(post.service, { message, request: post.request }, () => wire.dispatch(message, { authInfo })),
    ),
  );
  if (isFirst) await wire.close();
  const answered = responses.filter((response) => response !== undefined);
  return answered.length < requests.length ? undefined : replyOf(answered, { isBatch: Array.isArray(body) });
}
