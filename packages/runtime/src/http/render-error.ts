import type { ServerResponse } from 'node:http';
import { type AppError, toAppError } from '@causeway/core';
import { HttpRefusal, refusalOf } from './http-refusal.ts';
import { requestContext } from './request-context.ts';

/** The value of WWW-Authenticate for an error that has a challenge (RFC 9110 §11.6.1). */
export type Challenge = (error: AppError) => string | undefined;

/** The one place where an error becomes an HTTP answer. */
export function renderError(
  challenge: Challenge = () => undefined,
): (thrown: unknown, response: ServerResponse) => void {
  return (thrown, response) => {
    const error = refusalOf(thrown) ?? toAppError(thrown);
    requestContext(response).error = error;
    if (response.headersSent) {
      // The answer has begun: only a broken connection tells the caller that it is not whole.
      response.destroy();
      return;
    }
    const header = challenge(error);
    if (header !== undefined) response.setHeader('WWW-Authenticate', header);
    sendError(response, error);
  };
}

function sendError(response: ServerResponse, error: AppError): void {
  const { requestId } = requestContext(response);
  const { code, publicMessage, retryAfterMs } = error;
  const body = JSON.stringify({
    error: {
      code,
      message: publicMessage,
      request_id: requestId,
      ...(retryAfterMs !== undefined && { retry_after_ms: retryAfterMs }),
    },
  });
  for (const name of response.getHeaderNames()) if (name.startsWith('content-')) forgetHeader(response, name);
  if (retryAfterMs !== undefined) response.setHeader('Retry-After', Math.ceil(retryAfterMs / 1000));
  const status = error instanceof HttpRefusal ? error.status : (error.shape.http ?? 500);
  // The rest of a body that is too large is not waited for.
  if (status === 413) response.setHeader('Connection', 'close');
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  });
  response.end(body);
}

/** Headers that described the answer that was not sent; the security policy stays. */
function forgetHeader(response: ServerResponse, name: string): void {
  if (name !== 'content-security-policy') response.removeHeader(name);
}
