import type { IncomingHttpHeaders } from 'node:http';
import {
  BAGGAGE_META_KEY,
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  type JSONRPCRequest,
  PROTOCOL_VERSION_META_KEY,
  TRACEPARENT_META_KEY,
  TRACESTATE_META_KEY,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { legacyProblem } from './legacy-headers.ts';
import { MODERN } from './revisions.ts';
import { headerProblem } from './standard-headers.ts';

export interface PlainCall {
  readonly isModern: boolean;
  readonly id: string | number;
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>> | undefined;
  readonly traceparent: string | undefined;
}

/**
 * The call that a body is, if all of it is known here and none of it is in doubt. Nearly every request is one, and the SDK would
 * parse it ten times (ADR 6). Anything else is left to the SDK, which knows what to say to it.
 */
export function plainCall(headers: IncomingHttpHeaders, body: unknown): PlainCall | undefined {
  // A parse that fails is the dear one.
  if ((body as { method?: unknown } | null)?.method !== METHOD) return undefined;
  const isModern = headers['mcp-protocol-version'] === MODERN;
  const { data } = (isModern ? modernCall : legacyCall).safeParse(body);
  if (data === undefined) return undefined;
  const problem = isModern ? modernProblem(headers, data) : legacyProblem(headers, ONE_CALL);
  if (problem !== undefined) return undefined;
  const { name, arguments: args, _meta: meta } = data.params;
  return { isModern, id: data.id, name, arguments: args, traceparent: meta?.[TRACEPARENT_META_KEY] };
}

const METHOD = 'tools/call';
const ONE_CALL = { count: 1, isFirst: false };

const modernProblem = (headers: IncomingHttpHeaders, call: JSONRPCRequest): string | undefined =>
  headers['mcp-method'] === METHOD ? headerProblem(headers, call) : 'another method';

const text = z.string().optional();
const token = z.union([z.string(), z.int()]);
const empty = z.strictObject({});
const anything = z.record(z.string(), z.record(z.string(), z.unknown()));

const ofTheRequest = {
  progressToken: token.optional(),
  [TRACEPARENT_META_KEY]: text,
  [TRACESTATE_META_KEY]: text,
  [BAGGAGE_META_KEY]: text,
};

/** What clients do say of themselves. None of it changes how a call is answered. */
const ofTheClient = {
  [PROTOCOL_VERSION_META_KEY]: z.literal(MODERN),
  [CLIENT_INFO_META_KEY]: z
    .strictObject({ name: z.string(), title: text, version: z.string(), websiteUrl: text, description: text })
    .optional(),
  [CLIENT_CAPABILITIES_META_KEY]: z
    .strictObject({
      elicitation: z
        .strictObject({ form: z.strictObject({ applyDefaults: z.boolean() }).partial(), url: empty })
        .partial(),
      experimental: anything,
      extensions: anything,
      roots: z.strictObject({ listChanged: z.boolean() }).partial(),
      sampling: empty,
    })
    .partial(),
};

const callWith = <Meta extends z.ZodType>(meta: Meta) =>
  z.strictObject({
    jsonrpc: z.literal('2.0'),
    id: token,
    method: z.literal(METHOD),
    params: z.strictObject({ name: z.string(), arguments: z.record(z.string(), z.unknown()).optional(), _meta: meta }),
  });

const modernCall = callWith(z.strictObject({ ...ofTheClient, ...ofTheRequest }));
const legacyCall = callWith(z.strictObject(ofTheRequest).optional());
