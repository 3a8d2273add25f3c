import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AppError, Caller } from '@causeway/core';
import { isSpanContextValid, type Span, type SpanContext } from '@opentelemetry/api';
import type { Logger } from '../logging/create-logger.ts';
import type { Outcome } from '../logging/log-request.ts';
import { extractTraceContext } from '../telemetry/trace-context.ts';

export interface RequestOrigin {
  readonly span: Span;
  readonly clientAddress: string | undefined;
  readonly logger: Logger;
}

/** What is known of a request while it is served. Routes fill in who called, which tool, and how it ended. */
export class RequestContext {
  readonly requestId: string;
  /** The trace of our own span, or, when nothing is traced, the one that the caller named. */
  readonly traceId: string | undefined;
  /** The span that the caller named in `traceparent`. */
  readonly remoteSpan: SpanContext | undefined;
  readonly clientAddress: string | undefined;
  readonly span: Span;
  caller: Caller | undefined;
  tool: string | undefined;
  /** Of a failure that a route answered itself, such as a tool's. */
  error: AppError | undefined;
  outcome: Outcome | undefined;
  readonly #parentLogger: Logger;
  #logger: Logger | undefined;

  constructor(request: IncomingMessage, origin: RequestOrigin) {
    const own = origin.span.spanContext();
    this.requestId = requestIdOf(request);
    this.remoteSpan = extractTraceContext(request.headers['traceparent']);
    this.traceId = isSpanContextValid(own) ? own.traceId : this.remoteSpan?.traceId;
    this.clientAddress = origin.clientAddress;
    this.span = origin.span;
    this.#parentLogger = origin.logger;
  }

  /** Has the request id on every line. */
  get logger(): Logger {
    this.#logger ??= this.#parentLogger.child({ request_id: this.requestId, trace_id: this.traceId });
    return this.#logger;
  }
}

const CONTEXT = Symbol('request context');

type Carrier = ServerResponse & { [CONTEXT]?: RequestContext };

export function attachContext(response: ServerResponse, context: RequestContext): void {
  (response as Carrier)[CONTEXT] = context;
}

/** The context of the request that this response answers. */
export function requestContext(response: ServerResponse): RequestContext {
  const context = (response as Carrier)[CONTEXT];
  if (context === undefined) throw new TypeError('the response does not come from createHttpApp');
  return context;
}

// Long enough for a UUID or a W3C trace id, and free of anything that could forge a log line or a header.
const SANE_ID = /^[\w.:-]{8,64}$/;

function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && SANE_ID.test(given) ? given : randomUUID();
}
