import { isSpanContextValid, trace } from '@opentelemetry/api';
import { AppError } from '@causeway/core';

/**
 * The headers that go out: what the call names, the trace context, and nothing else. A call cannot set what frames the
 * message, picks the host, or claims something about who is behind us.
 */
export function requestHeaders(name: string, given: Readonly<Record<string, string>> = {}): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [key, value] of Object.entries(given)) {
    const header = key.toLowerCase();
    if (!TOKEN.test(header) || RESERVED.test(header) || header in headers) {
      throw new AppError('internal', `${name}: the call may not set the header ${JSON.stringify(header)}`);
    }
    // RFC 9110 §5.5: a CR, LF or NUL in a value would start another header.
    if (!FIELD_VALUE.test(value))
      throw new AppError('internal', `${name}: the value of ${header} is not a header value`);
    headers[header] = value;
  }
  return { ...headers, ...traceContext(), 'accept-encoding': 'identity' };
}

// RFC 9110 §5.6.2.
const TOKEN = /^[!#$%&'*+.^_`|~\da-z-]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const RESERVED =
  /^(host|connection|keep-alive|te|trailer|transfer-encoding|content-length|upgrade|expect|accept-encoding|cookie|via|forwarded|x-forwarded-.*|x-real-ip|proxy-.*|traceparent|tracestate|baggage|__proto__)$/;

// Only traceparent: tracestate and baggage may hold words that are nobody else's business.
function traceContext(): { traceparent?: string } {
  const span = trace.getActiveSpan()?.spanContext();
  if (span === undefined || !isSpanContextValid(span)) return {};
  const flags = (span.traceFlags & 0xff).toString(16).padStart(2, '0');
  return { traceparent: `00-${span.traceId}-${span.spanId}-${flags}` };
}
