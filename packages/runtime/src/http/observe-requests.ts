import type { IncomingMessage, ServerResponse } from 'node:http';
import { context, INVALID_SPAN_CONTEXT, ROOT_CONTEXT, type Span, SpanKind, trace } from '@opentelemetry/api';
import type { Logger } from '../logging/create-logger.ts';
import { logRequest, type Outcome, outcomeOf } from '../logging/log-request.ts';
import type { Metrics, Route } from '../metrics/create-metrics.ts';
import type { Networks } from '../network/networks.ts';
import { ATTRIBUTE, callerAttributes } from '../telemetry/semantic-conventions.ts';
import { extractTraceContext } from '../telemetry/trace-context.ts';
import { withRequestId } from '../telemetry/request-id-spans.ts';
import { failSpan } from '../telemetry/with-span.ts';
import { clientAddress } from './client-address.ts';
import { OPERATIONS_ROUTES } from './operations.ts';
import { attachContext, RequestContext, requestContext } from './request-context.ts';

export interface RequestObserver {
  readonly service: string;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly routes: readonly Route[];
  readonly trustedProxies: Networks;
  /** The request's span continues the trace that the caller names; otherwise it only links to it. */
  readonly continuesTraces?: boolean;
}

type Observe = (request: IncomingMessage, response: ServerResponse, serve: () => void) => void;

/** Gives every request its id, its span and its context, and at its end one log line and one observation. */
export function observeRequests(observer: RequestObserver): Observe {
  const { logger, metrics, trustedProxies } = observer;
  const patterns = new Set(observer.routes.map((route) => route.slice(route.indexOf(' ') + 1)));
  return (request, response, serve) => {
    const startedAt = performance.now();
    const { method = '' } = request;
    const span = startSpan(request, method, observer);
    const address = clientAddress(request, trustedProxies);
    const current = new RequestContext(request, { span, clientAddress: address, logger });
    attachContext(response, current);
    response.setHeader('x-request-id', current.requestId);
    response.once('close', () => {
      const end = { method, route: routeOf(request, patterns), durationMs: performance.now() - startedAt };
      metrics.observeHttp({
        method,
        route: end.route,
        status: statusOf(response),
        seconds: end.durationMs / 1000,
        errorCode: current.error?.code,
      });
      logEnd(response, { ...end, logger });
      endSpan(response, end);
    });
    const traced = trace.setSpan(context.active(), span);
    context.with(span.isRecording() ? withRequestId(traced, current.requestId) : traced, serve);
  };
}

const OPERATIONS = new Set(OPERATIONS_ROUTES.map((route) => route.slice(route.indexOf(' ') + 1)));

/** Of the caller's trace only the ids are taken, as parent or as a link; never a flag, which would decide what is recorded here. */
function startSpan(
  request: IncomingMessage,
  method: string,
  { service, continuesTraces = false }: RequestObserver,
): Span {
  // A probe every few seconds would be most of the traces.
  if (OPERATIONS.has(request.url ?? '')) return trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
  const remote = extractTraceContext(request.headers['traceparent']);
  const parent = remote !== undefined && continuesTraces ? trace.setSpanContext(ROOT_CONTEXT, remote) : ROOT_CONTEXT;
  return trace.getTracer('causeway').startSpan(
    method,
    {
      kind: SpanKind.SERVER,
      links: remote === undefined || continuesTraces ? [] : [{ context: remote }],
      attributes: { [ATTRIBUTE.serviceName]: service, [ATTRIBUTE.httpMethod]: method },
    },
    parent,
  );
}

/** The pattern that served the request, if it is a declared one. Paths of callers never become labels. */
function routeOf(request: IncomingMessage, patterns: ReadonlySet<string>): string {
  // Express leaves a route behind, and where it failed no base; what passed Express by has only its URL.
  const {
    route,
    baseUrl = '',
    originalUrl,
    url,
  } = request as IncomingMessage & {
    route?: { path: unknown };
    baseUrl?: string;
    originalUrl?: string;
  };
  const candidates = [`${baseUrl}${String(route?.path)}`, (originalUrl ?? url)?.split('?', 1)[0]];
  return candidates.find((candidate) => candidate !== undefined && patterns.has(candidate)) ?? 'other';
}

interface RequestEnd {
  readonly method: string;
  readonly route: string;
  readonly durationMs: number;
}

function logEnd(response: ServerResponse, end: RequestEnd & { readonly logger: Logger }): void {
  const { requestId, traceId, caller, tool, error, outcome, clientAddress: address } = requestContext(response);
  const status = statusOf(response);
  logRequest(end.logger, {
    requestId,
    traceId,
    caller,
    tool,
    error,
    method: end.method,
    route: end.route,
    status,
    clientAddress: address,
    outcome: outcome ?? (error === undefined ? outcomeOfStatus(status) : outcomeOf(error.code)),
    durationMs: end.durationMs,
    aborted: !response.writableFinished,
  });
}

/** 499, as nginx has it, when the caller went away before there was an answer. */
const statusOf = (response: ServerResponse): number => (response.headersSent ? response.statusCode : 499);

function outcomeOfStatus(status: number): Outcome {
  if (status === 401 || status === 403) return 'access_denied';
  if (status === 429) return 'rate_limited';
  return status >= 400 ? 'error' : 'success';
}

function endSpan(response: ServerResponse, end: RequestEnd): void {
  const { span, requestId, caller, tool, error } = requestContext(response);
  if (span.isRecording()) {
    span.updateName(`${end.method} ${end.route}`);
    span.setAttributes({
      ...(caller && callerAttributes(caller)),
      ...(tool !== undefined && { [ATTRIBUTE.tool]: tool }),
      [ATTRIBUTE.requestId]: requestId,
      [ATTRIBUTE.httpRoute]: end.route,
      [ATTRIBUTE.httpStatus]: statusOf(response),
      [ATTRIBUTE.latencyMs]: end.durationMs,
    });
    if (error !== undefined) failSpan(span, error);
  }
  span.end();
}
