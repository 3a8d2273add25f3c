import type { Caller } from '@causeway/core';
import type { Attributes } from '@opentelemetry/api';

/** Every attribute name that a span of ours carries. Dashboards and queries rely on them. */
export const ATTRIBUTE = {
  serviceName: 'service_name',
  requestId: 'request_id',
  tool: 'tool',
  callerEmail: 'caller.email',
  callerRole: 'caller.role',
  latencyMs: 'latency_ms',
  errorType: 'error.type',
  httpMethod: 'http.request.method',
  httpRoute: 'http.route',
  httpStatus: 'http.response.status_code',
} as const;

/** Who is calling, as far as a trace may know. */
export function callerAttributes({ human, principal }: Caller): Attributes {
  return {
    ...(human?.email !== undefined && { [ATTRIBUTE.callerEmail]: human.email }),
    ...(principal.role !== undefined && { [ATTRIBUTE.callerRole]: principal.role }),
  };
}
